"""The same forty conversations on every wire format: what the model receives and what the client gets.

Both sides are compared with the same whole script. So plain and streamed replies are equal, and so are the replies of
two providers.
"""

from typing import Any

import pytest

from tests.conversations.cases import CASES, Case, Step
from tests.conversations.expected import Expected
from tests.conversations.fakes.model import Answer
from tests.conversations.fakes.provider import FakeProvider
from tests.conversations.formats import Format
from tests.conversations.talk import Outcome, Talk, lasting
from tests.support.gateway import Client


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_conversation(api: Client, fake: FakeProvider, wire_format: Format, case: Case, *, streamed: bool) -> None:
    fake.model.longest = case.longest
    talk = Talk.begin(api, wire_format.model, case.config, case.tools, streamed=streamed)
    expected = Expected(case, wire_format)
    for step in case.steps:
        if not wire_format.addresses and "https://" in str(step.post) and step.post.get("role") != "tool":
            _cannot(talk, step, fake)
        elif step.answer and step.answer.refused and not (wire_format.refusals and not step.answer.text):
            _refused(talk, expected, step, fake)
        else:
            _answered(talk, expected, step, fake)
    assert fake.model.script == []
    stored = talk.messages()
    assert lasting(stored) == expected.stored
    session = talk.session()
    assert (session["state"], session["messageCount"]) == ("idle", len(stored))


def _answered(talk: Talk, expected: Expected, step: Step, fake: FakeProvider) -> None:
    """The model receives what the client sent, and the client gets what the model answered."""
    asked = len(fake.model.received)
    expected.post(step.post)
    if step.answer is None:
        outcome, expected = talk.post(step.post), expected.waiting()
        assert len(fake.model.received) == asked, "no provider is asked while results are missing"
    else:
        outcome, answer = _ask(talk, expected, step, step.answer, fake)
        expected = expected.answer(answer)
    assert outcome.status == 200, outcome.body
    assert lasting(outcome.body) == expected
    if step.answer:
        assert talk.messages()[-1] == outcome.body, "it is stored as it was expected"


def _refused(talk: Talk, expected: Expected, step: Step, fake: FakeProvider) -> None:
    """A plain error leaves no trace; what was expected before the filter took over is kept."""
    expected.post(step.post)
    assert step.answer
    outcome, answer = _ask(talk, expected, step, step.answer, fake)
    has_text = talk.streamed and bool(answer.text)
    assert outcome.status == (200 if has_text else 422)
    assert outcome.body["code"] == "content_filtered"
    assert [one["outcome"] for one in outcome.body["details"]["attempts"]] == ["content_filter"]
    assert outcome.expected == (answer.text if has_text else "")
    if not has_text:
        expected.forget()
        return
    kept = talk.messages()[-1]
    assert (kept["content"], kept["state"], kept["finishReason"]) == (answer.text, "incomplete", "error")
    expected.stored.append(lasting(kept))


def _cannot(talk: Talk, step: Step, fake: FakeProvider) -> None:
    """What the format has no words for is nobody's failure: the target is left out, and the client expected why."""
    outcome = talk.post(step.post)
    assert (outcome.status, outcome.body["code"]) == (400, "unsupported")
    assert "images" in _text_of(outcome.body)
    assert fake.model.received == []


def _ask(talk: Talk, expected: Expected, step: Step, said: Answer, fake: FakeProvider) -> tuple[Outcome, Answer]:
    """The step's outcome, and the answer as the request's own bounds must leave it."""
    expected = expected.received(streamed=talk.streamed)
    fake.model.script.append(said)
    outcome = talk.post(step.post)
    assert fake.refusals == []
    assert fake.model.received[-1] == expected
    return outcome, said.under(expected)


def _text_of(body: Any) -> str:
    return str([body["message"], body["details"]])
