"""The audit of `make chaos` finds each kind of violation in what a host returns, and none in correct data."""

import asyncio
import copy
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.chaos.audit import violations, violations_unread
from bench.chaos.findings import Findings
from bench.chaos.load import PAUSE_SECONDS, Client, Sent
from bench.chaos.provider import answer_to, tokens_of

QUESTIONS = ("s 0", "s 1", "s 2")
COST = 0.5


def usage_of(answer: str) -> dict[str, Any]:
    prompt, completion = tokens_of(answer)
    return {"promptTokens": prompt, "completionTokens": completion, "costUsd": COST}


class World:
    """A session as a host returns it, and the client that opened it."""

    def __init__(self) -> None:
        self.client = Client(httpx.AsyncClient(), "http://host", "a", Findings(), random.Random(1), session_id="s")
        self.messages: list[dict[str, Any]] = []
        for question in QUESTIONS:
            self.add(question)
        usages = [message["usage"] for message in self.messages[1::2]]
        self.session = {"state": "idle", "messageCount": len(self.messages)} | {
            "usage": {
                "promptTokens": sum(usage["promptTokens"] for usage in usages),
                "completionTokens": sum(usage["completionTokens"] for usage in usages),
                "costUsd": COST * len(QUESTIONS),
                "unpriced": 0,
            }
        }

    def add(self, question: str) -> None:
        number = len(self.messages)
        answer = answer_to([*(message["content"] for message in self.messages), question])
        usage = usage_of(answer)
        self.messages += [
            {"messageId": f"msg_{number}", "role": "user", "content": question},
            {
                "messageId": f"msg_{number + 1}",
                "role": "assistant",
                "state": "completed",
                "content": answer,
                "usage": usage,
                "route": {"attempts": [{"outcome": "server"}, {"outcome": "ok", "usage": copy.deepcopy(usage)}]},
            },
        ]
        self.client.sent.append(Sent(question, answer))

    def respond(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/messages"):
            return httpx.Response(200, json=self.session)
        first = int(request.url.params.get("after", "0"))
        page = {"data": self.messages[first : first + 2], "hasMore": first + 2 < len(self.messages)}
        return httpx.Response(200, json={**page, "nextCursor": str(first + 2)})

    def found(self, audit: Callable[..., Any] = violations) -> list[str]:
        with httpx.Client(transport=httpx.MockTransport(self.respond)) as http:
            return list(audit(self.client, http, settle_seconds=0))


def lose_a_turn(world: World) -> None:
    del world.messages[2:4]


def double_a_turn(world: World) -> None:
    world.messages += copy.deepcopy(world.messages[4:6])


def halve_a_turn(world: World) -> None:
    del world.messages[5]


def swap_turns(world: World) -> None:
    world.messages = world.messages[2:4] + world.messages[:2] + world.messages[4:]


def swap_acknowledgements(world: World) -> None:
    world.client.sent.reverse()


def answer_another_question(world: World) -> None:
    world.client.sent[0].question = "s 9"


def change_the_history(world: World) -> None:
    world.messages[0]["content"] = "another"


def change_an_answer(world: World) -> None:
    world.messages[3]["content"] = answer_to(["another", "s 1"])


def cut_an_answer_short_and_lie(world: World) -> None:
    world.messages[5] |= {"state": "incomplete", "content": "not its beginning"}


def count_wrongly(world: World) -> None:
    world.session["messageCount"] = 5


def stay_locked(world: World) -> None:
    world.session["state"] = "running"


def forget_tokens(world: World) -> None:
    world.session["usage"]["promptTokens"] = 0  # type: ignore[index]


def count_no_tokens_at_all(world: World) -> None:
    """Where no call was counted, the sums agree: they alone would not show it."""
    for message in world.messages[1::2]:
        message["route"]["attempts"][-1]["usage"] = None
    world.session["usage"] |= {"promptTokens": 0, "completionTokens": 0}  # type: ignore[operator]


def bill_twice(world: World) -> None:
    world.session["usage"]["costUsd"] = 2 * COST * len(QUESTIONS)  # type: ignore[index]


def hide_what_has_no_price(world: World) -> None:
    world.messages[1]["usage"]["costUsd"] = None
    world.session["usage"]["costUsd"] = COST * 2  # type: ignore[index]


def store_what_was_not_acknowledged(world: World) -> None:
    del world.client.sent[1]


def store_a_turn_that_was_reported_as_failed(world: World) -> None:
    world.client.failed.append(world.client.sent.pop(1).question)


def contradict(world: World) -> None:
    world.client.contradictions.append("s 1")


VIOLATIONS: dict[Callable[[World], None], str] = {
    lose_a_turn: "acknowledged and not stored",
    double_a_turn: "a message is stored and answered twice",
    halve_a_turn: "the roles do not alternate",
    swap_turns: "is not the answer to the conversation before it",
    swap_acknowledgements: "the stored order is not the order of the acknowledgements",
    answer_another_question: "answered with the answer to another question",
    change_the_history: "is not the answer to the conversation before it",
    change_an_answer: "is not the answer to the conversation before it",
    cut_an_answer_short_and_lie: "is not the answer to the conversation before it",
    stay_locked: "it is running, though nobody asks any more",
    count_wrongly: "messageCount is 5, and 6 messages are stored",
    forget_tokens: "usage.promptTokens is 0",
    count_no_tokens_at_all: "has the tokens (None, None)",
    bill_twice: "usage.costUsd is",
    hide_what_has_no_price: "usage.unpriced is 0, and 1 answers have no cost",
    store_what_was_not_acknowledged: "stored, and never acknowledged",
    store_a_turn_that_was_reported_as_failed: "stored after it was reported as failed",
    contradict: "another answer under the same key",
}


def test_correct_data_has_no_violation() -> None:
    assert World().found() == []
    assert World().found(violations_unread) == []


def test_an_answer_that_broke_off_is_the_beginning_of_one_and_its_question_may_come_again() -> None:
    world = World()
    whole = world.messages[5]["content"]
    del world.client.sent[2]
    world.messages[5] |= {"state": "incomplete", "content": whole[:20]}
    world.add(QUESTIONS[2])
    usages = [message["usage"] for message in world.messages[1::2]]
    total = {name: sum(usage[name] for usage in usages) for name in ("promptTokens", "completionTokens", "costUsd")}
    world.session |= {"messageCount": len(world.messages), "usage": {**total, "unpriced": 0}}
    assert world.found() == []


@pytest.mark.parametrize("violate", VIOLATIONS, ids=lambda violate: violate.__name__)
def test_each_violation_is_found(violate: Callable[[World], None]) -> None:
    world = World()
    violate(world)
    assert [sentence for sentence in world.found() if VIOLATIONS[violate] in sentence]


@pytest.mark.parametrize("between", [[503], [429, 503], [409]])
def test_a_lock_lasts_until_an_answer_shows_that_it_has_ended(between: list[int]) -> None:
    statuses = [409, *between, 200]
    transport = httpx.MockTransport(
        lambda _: httpx.Response(statuses.pop(0), json={"code": "any", "content": "answer"})
    )

    async def send() -> Findings:
        async with httpx.AsyncClient(transport=transport) as http:
            client = Client(http, "http://host", "a", Findings(), random.Random(1), session_id="s")
            assert await client._plain({"content": "question"}, "key") == "answer"
            return client.findings

    # Each answer but the last is followed by a pause.
    assert asyncio.run(send()).longest_lock >= PAUSE_SECONDS * (len(between) + 1) * 0.99


def test_a_second_death_begins_a_new_lock() -> None:
    """The turn that died with the host may have been the repeated request itself."""
    findings = Findings()
    scripted = iter([409, httpx.ConnectError("killed"), 200])

    def answer(_: httpx.Request) -> httpx.Response:
        match next(scripted):
            case int(status):
                return httpx.Response(status, json={"code": "any", "content": "answer"})
            case error:
                findings.kills += 1
                raise error

    async def send() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            client = Client(http, "http://host", "a", findings, random.Random(1), session_id="s")
            assert await client._plain({"content": "question"}, "key") == "answer"

    asyncio.run(send())
    assert findings.longest_lock == 0


@pytest.mark.parametrize("violate", [double_a_turn, halve_a_turn, change_the_history, bill_twice])
def test_unread_answers_are_audited_too(violate: Callable[[World], None]) -> None:
    world = World()
    violate(world)
    assert world.found(violations_unread)


@pytest.mark.parametrize(
    ("status", "body", "crashed"),
    [
        (500, {"code": "internal"}, True),
        (502, {"message": "Internal server error"}, True),
        (502, "<html>", True),
        (503, {"code": "no_provider_available"}, True),
        (502, {"code": "upstream_failed"}, False),
        (503, {"code": "unavailable"}, False),
        (409, {"code": "session_busy"}, False),
        (200, {}, False),
    ],
)
def test_a_crash_is_distinguished_from_errors_of_others(status: int, body: Any, crashed: bool) -> None:
    findings = Findings()
    findings.saw(httpx.Response(status, json=body))
    assert bool(findings.crashes) == crashed


def test_an_error_within_a_stream_is_seen() -> None:
    findings = Findings()
    findings.broke_off({"code": "upstream_failed"})
    assert not findings.crashes
    findings.broke_off({"code": "internal"})
    assert findings.crashes == {"stream internal": 1}
