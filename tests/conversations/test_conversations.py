"""The same forty conversations on every wire format: what the model hears and what the client gets.

Both sides are compared with one and the same script, whole. So plain and streamed replies cannot differ, nor can those
of two providers.
"""

from typing import Any

import pytest

from tests.conversations.brain import Answer
from tests.conversations.cases import CASES, Case, Step
from tests.conversations.formats import Format
from tests.conversations.fronts.front import Front
from tests.conversations.talk import Outcome, Talk, lasting
from tests.conversations.told import Told
from tests.support.gateway import Client


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_conversation(api: Client, front: Front, wire_format: Format, case: Case, *, streamed: bool) -> None:
    front.brain.longest = case.longest
    talk = Talk.begin(api, wire_format.model, case.config, case.tools, streamed=streamed)
    told = Told(case, wire_format)
    for step in case.steps:
        if not wire_format.addresses and "https://" in str(step.post) and step.post.get("role") != "tool":
            _cannot(talk, step, front)
        elif step.answer and step.answer.refused:
            _refused(talk, told, step, front)
        else:
            _answered(talk, told, step, front)
    assert front.brain.script == []
    stored = talk.messages()
    assert lasting(stored) == told.stored
    session = talk.session()
    assert (session["state"], session["messageCount"]) == ("idle", len(stored))


def _answered(talk: Talk, told: Told, step: Step, front: Front) -> None:
    """What the model hears is what was said, and what the client gets is what the model says."""
    asked = len(front.brain.heard)
    told.post(step.post)
    if step.answer is None:
        outcome, expected = talk.post(step.post), told.waiting()
        assert len(front.brain.heard) == asked, "no provider is asked while results are missing"
    else:
        outcome, answer = _ask(talk, told, step, step.answer, front)
        expected = told.answer(answer)
    assert outcome.status == 200, outcome.body
    assert lasting(outcome.body) == expected
    if step.answer:
        assert talk.messages()[-1] == outcome.body, "it is stored as it was told"


def _refused(talk: Talk, told: Told, step: Step, front: Front) -> None:
    """A plain error leaves no trace; what was told before the filter took over is kept."""
    told.post(step.post)
    assert step.answer
    outcome, answer = _ask(talk, told, step, step.answer, front)
    heard_some = talk.streamed and bool(answer.text)
    assert outcome.status == (200 if heard_some else 422)
    assert outcome.body["code"] == "content_filtered"
    assert [one["outcome"] for one in outcome.body["details"]["attempts"]] == ["content_filter"]
    assert outcome.told == (answer.text if heard_some else "")
    if not heard_some:
        told.forget()
        return
    kept = talk.messages()[-1]
    assert (kept["content"], kept["state"], kept["finishReason"]) == (answer.text, "incomplete", "error")
    told.stored.append(lasting(kept))


def _cannot(talk: Talk, step: Step, front: Front) -> None:
    """What the format has no words for is nobody's failure: the target is left out, and the client told why."""
    outcome = talk.post(step.post)
    assert (outcome.status, outcome.body["code"]) == (400, "unsupported")
    assert "images" in _text_of(outcome.body)
    assert front.brain.heard == []


def _ask(talk: Talk, told: Told, step: Step, said: Answer, front: Front) -> tuple[Outcome, Answer]:
    """The step's outcome, and the answer as the request's own bounds must leave it."""
    expected = told.heard(streamed=talk.streamed)
    front.brain.script.append(said)
    outcome = talk.post(step.post)
    assert front.brain.refused == []
    assert front.brain.heard[-1] == expected
    return outcome, said.under(expected)


def _text_of(body: Any) -> str:
    return str([body["message"], body["details"]])
