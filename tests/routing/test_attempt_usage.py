"""Each attempt records its call's usage and the time of its first text, however the call ended."""

import pytest

from agentos.domain import Attempt, Message, Prompt, Target, TokenCount
from agentos.domain.prices import moment
from agentos.domain.token_estimates import estimate_prompt
from agentos.domain.usage import attempt_usage
from agentos.kernel.errors import ErrorClass
from agentos.routing.execute import Outcome
from tests.routing.scripted import PROMPT, Observing, Step, World, target

A, B = "a:one", "b:two"
PRICE = ({"input": 1, "output": 10},)
COUNTED = TokenCount(prompt=100, completion=20)


def priced(name: str) -> Target:
    plain = target(name)
    facts = plain.facts.model_validate({"price": PRICE})
    return plain.model_copy(update={"facts": facts})


def shown(attempts: tuple[Attempt, ...]) -> list[tuple[int | None, int | None, float | None, bool] | None]:
    usages = [attempt.usage for attempt in attempts]
    return [u and (u.prompt_tokens, u.completion_tokens, u.cost_usd, u.estimated) for u in usages]


def listen(*_: object) -> None:
    """A client that reads everything."""


def test_every_call_that_was_counted_has_its_usage() -> None:
    world = World({
        A: [Step(ErrorClass.SERVER), Step(ErrorClass.BAD_RESPONSE, tokens=COUNTED)],
        B: [Step(tokens=TokenCount(prompt=90, completion=5))],
    })  # fmt: skip
    outcome = world.run(priced(A), priced(B))
    assert shown(outcome.attempts) == [None, (100, 20, 0.0003, False), (90, 5, 0.00014, False)]


def test_an_answer_that_nobody_counted_is_unknown() -> None:
    assert shown(World().run(priced(A)).attempts) == [(None, None, None, False)]


@pytest.mark.parametrize(("tokens", "estimated"), [
    (None, True), (TokenCount(prompt=100), True), (TokenCount(completion=20), True), (COUNTED, False),
])  # fmt: skip
def test_a_broken_stream_is_estimated_where_it_was_not_counted(tokens: TokenCount | None, estimated: bool) -> None:
    words = ("Hel", "lo, world")  # 12 bytes
    world = World({A: [Step(ErrorClass.CONNECT, says=words, tokens=tokens)]})
    outcome = world.run(priced(A), listener=listen)
    known = tokens or TokenCount()
    prompt = estimate_prompt(PROMPT) if known.prompt is None else known.prompt
    completion = 3 if known.completion is None else known.completion
    cost = (prompt + 10 * completion) / 1_000_000
    assert outcome.broken
    assert shown(outcome.attempts) == [(prompt, completion, cost, estimated)]


def test_a_call_has_the_price_of_the_moment() -> None:
    prices = [
        {"until": "2026-11-22T12:00:01Z", "input": 1, "output": 0},
        {"from": "2026-11-22T12:00:01Z", "input": 2, "output": 0},
    ]
    facts = target(A).facts.model_validate({"price": prices})
    dated = target(A).model_copy(update={"facts": facts})
    world = World({A: [Step(ErrorClass.SERVER, takes=2, tokens=COUNTED), Step(tokens=COUNTED)]})
    outcome = world.run(dated)
    assert [attempt.usage and attempt.usage.cost_usd for attempt in outcome.attempts] == [0.0001, 0.0002]


def test_a_simulated_failure_used_nothing() -> None:
    assert attempt_usage(TokenCount(), (), moment(0)).cost_usd is None
    world = World()
    outcome = world.run(priced(A), priced(B), simulated={"a": ErrorClass.AUTH})
    assert shown(outcome.attempts)[0] is None


# --- time to the first text -----------------------------------------------------------------------


def run(step: Step, *, streamed: bool) -> tuple[Outcome, list[tuple[str, float, bool]]]:
    observing = Observing()
    world = World({A: [step]}, latencies=observing)
    return world.run(A, listener=listen if streamed else None), observing.observed


def test_a_stream_is_measured_to_its_first_text_and_a_whole_answer_to_its_end() -> None:
    step = Step(says=("Hel", "lo"), begins=0.4, takes=3)
    outcome, observed = run(step, streamed=True)
    assert outcome.first_text_at == 0.4
    assert observed == [(A, 400, True)]
    outcome, observed = run(step, streamed=False)
    assert outcome.first_text_at is None
    assert observed == [(A, 3000, False)]


def test_a_stream_without_text_is_not_measured() -> None:
    outcome, observed = run(Step(takes=3), streamed=True)
    assert (outcome.first_text_at, observed) == (None, [])


def test_the_estimate_of_a_prompt_has_all_of_its_parts() -> None:
    bare = Prompt(messages=(Message(role="user", content="abcd"),))
    assert estimate_prompt(bare.model_copy(update={"instructions": "x" * 400})) == estimate_prompt(bare) + 100
