"""After any operations in any order, a session holds the same messages as a plain list. Runs the real functions."""

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from agentos import wiring
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import SessionBusy
from agentos.kernel.ids import new_id
from agentos.store.leases import LeaseStore
from agentos.store.turns import TurnCommit
from tests.support.backends import DYNAMODBS
from tests.support.builders import a_message, a_reply
from tests.support.clock import ShiftedClock
from tests.support.conflicts import conflict
from tests.support.crashes import Death, Died, Moment, lose_answer
from tests.support.faults import Faults, cut
from tests.support.gateway import Answer, Client
from tests.support.properties import examples
from tests.support.sse import Event, events
from tests.support.upstream import CUT, Upstream, answer, calling, streamed_reply
from tests.support.wiring import rewire

LIFETIME, LEASE_SECONDS = 1_000_000, 15
EXAMPLES = {"moto": 2, "dynamodb_local": 12} if "dynamodb_local" in DYNAMODBS else {"moto": 12}
"""Most run where a transaction is cheap: moto copies its tables for every action of one."""
TROUBLES: dict[str, Callable[[Any, str, int], None]] = {
    "lost": lose_answer,
    "cut": lambda client, operation, times: Faults(client).inflict(cut, operation, times),
    "conflict": conflict,
}


class Session(RuleBasedStateMachine):
    """`said`: the expected messages. `open`: open calls. `stuck`: a dead turn has the lease. `sent`: keys with
    answers."""

    def __init__(self, api: Client, upstream: Upstream, clock: ShiftedClock) -> None:
        super().__init__()
        self.api, self.upstream, self.clock = api, upstream, clock
        self.agent_id = api.agent()
        self.keys = itertools.count()
        self.reopen()

    def reopen(self) -> None:
        self.path = {"agentId": self.agent_id, "sessionId": self.api.session(self.agent_id, expiresInSeconds=LIFETIME)}
        self.said: list[str] = []
        self.open: list[str] = []
        self.sent: list[tuple[str, Any, Answer]] = []
        self.stuck = self.gone = False

    def post(self, key: str, body: Any) -> Answer:
        return self.api("send_message", body, headers={"Idempotency-Key": key}, **self.path)

    def body(self) -> dict[str, Any]:
        """The next message that may be sent: a result while calls are open."""
        if self.open:
            return {"role": "tool", "toolCallId": self.open[0], "content": f"result {next(self.keys)}"}
        return {"content": f"question {next(self.keys)}"}

    def script(self, calls: int) -> tuple[str, list[str]]:
        """The provider's next answer: the text and the ids of the calls."""
        text, ids = f"answer {next(self.keys)}", [f"call_{next(self.keys)}" for _ in range(calls)]
        self.upstream.default = calling(*((one, "f", "{}") for one in ids), text=text) if ids else answer(text)
        return text, ids

    def took(self, body: dict[str, Any], text: str, ids: list[str]) -> None:
        """Update the expected messages after a turn."""
        self.said.append(body["content"])
        self.open = self.open[1:]
        if not self.open:
            self.said.append(text)
            self.open = ids

    @precondition(lambda self: not self.gone)
    @rule(calls=st.integers(0, 3))
    def send(self, calls: int) -> None:
        key, body, (text, ids) = f"key {next(self.keys)}", self.body(), self.script(calls)
        reply = self.post(key, body)
        if self.stuck:
            assert reply.json["code"] == "session_busy"
            return
        assert reply.status == 200, reply.text
        self.took(body, text, ids)
        self.sent.append((key, body, reply))
        assert [call["id"] for call in reply.json["toolCalls"]] == self.open

    @precondition(lambda self: not self.gone and not self.stuck and len(self.open) < 2)
    @rule()
    def break_off(self) -> None:
        """A streamed answer breaks off after its first words, which are stored. A client that reconnects learns of
        it."""
        key, body, text = f"key {next(self.keys)}", self.body(), f"beginning {next(self.keys)}"
        self.upstream.script.append(streamed_reply(text, end=(CUT,)))
        broken = self.stream({"Idempotency-Key": key}, body)
        assert [event.kind for event in broken] == ["message.start", "message.delta", "error"]
        rest = self.stream({"Idempotency-Key": key, "Last-Event-ID": "1"}, body)
        assert [event.kind for event in rest] == ["message.delta", "error"]
        self.said += [body["content"], text]
        self.open = []

    def stream(self, headers: dict[str, str], body: Any) -> list[Event]:
        return events(self.api("send_message", body, query={"stream": "true"}, headers=headers, **self.path).text)

    @precondition(lambda self: not self.gone and self.sent)
    @rule()
    def repeat(self) -> None:
        for key, body, reply in self.sent:
            assert self.post(key, body) == reply
        assert self.post(key, {**body, "metadata": {"other": True}}).json["code"] == "idempotency_mismatch"

    @precondition(lambda self: not self.gone and not self.stuck and self.open)
    @rule()
    def speak_out_of_turn(self) -> None:
        assert self.post("never taken", {"content": "hi"}).json["details"]["toolCallIds"] == self.open
        result = {"role": "tool", "toolCallId": "call_nobody", "content": ""}
        assert self.post("never taken", result).json["code"] == "tool_call_not_open"

    @precondition(lambda self: not self.gone and not self.stuck)
    @rule(at=st.integers(1, 5), moment=st.sampled_from(Moment), calls=st.integers(0, 2))
    def crash(self, at: int, moment: Moment, calls: int) -> None:
        key, body, (text, ids) = f"key {next(self.keys)}", self.body(), self.script(calls)
        rewire()
        death = Death(wiring.dynamodb(), at, moment)
        with contextlib.suppress(Died):
            self.post(key, body)
        rewire()
        done = death.requests if len(death.requests) < at or moment != Moment.BEFORE else death.requests[:-1]
        if "TransactWriteItems" in done:
            self.took(body, text, ids)
        else:
            self.stuck = "UpdateItem" in done

    @precondition(lambda self: self.stuck)
    @rule()
    def lapse(self) -> None:
        self.clock.shift += LEASE_SECONDS
        self.stuck = False

    @precondition(lambda self: not self.gone and not self.stuck)
    @rule(
        operation=st.sampled_from(["GetItem", "UpdateItem", "Query", "TransactWriteItems"]),
        fault=st.sampled_from(["lost", "cut", "conflict"]),
        times=st.integers(1, 2),
        calls=st.integers(0, 2),
    )
    def trouble(self, operation: str, fault: str, times: int, calls: int) -> None:
        """The table loses, cuts or refuses answers of one kind. The turn is still answered once."""
        if fault == "conflict" and operation in ("GetItem", "Query"):
            return
        rewire()
        TROUBLES[fault](wiring.dynamodb(), operation, times)
        self.send(calls)
        rewire()

    @precondition(lambda self: not self.gone and not self.stuck and not self.open)
    @rule(renews=st.booleans())
    def freeze(self, renews: bool) -> None:
        """A turn is frozen for longer than its lease, and another one is answered. The frozen one changes nothing."""
        store, leases = wiring.turn_store(), LeaseStore(wiring.table(), self.clock)
        path, deadline = ("default", *self.path.values()), Deadline.after(30, self.clock)
        frozen = leases.acquire(path, new_id("turn"), LEASE_SECONDS, deadline)  # type: ignore[arg-type]
        self.clock.shift += LEASE_SECONDS + 1
        self.send(0)
        if renews:
            with pytest.raises(SessionBusy):
                leases.renew(frozen.session_path, frozen.turn_id, LEASE_SECONDS)
        sent = store.to_stored(frozen, 1, a_message("frozen"), 1)
        answer_ = store.to_stored(frozen, 2, a_reply("frozen"), 1)
        with pytest.raises(SessionBusy):
            store.commit(frozen, TurnCommit((sent,), a_reply("frozen"), answer_, (), ()), deadline)
        leases.release(frozen.session_path, frozen.turn_id, deadline)

    @precondition(lambda self: not self.gone and len(self.said) > 3)
    @rule()
    def delete(self) -> None:
        assert self.api("delete_session", **self.path).status == 204
        self.gone = True

    @precondition(lambda self: not self.gone and len(self.said) > 3)
    @rule()
    def expire(self) -> None:
        self.clock.shift += LIFETIME + 1
        self.gone = True

    @precondition(lambda self: self.gone)
    @rule()
    def knock_and_reopen(self) -> None:
        assert self.post("too late", {"content": "anybody?"}).status == 404
        assert self.api("delete_session", **self.path).status == 404
        self.reopen()

    @invariant()
    def holds_what_was_said(self) -> None:
        session = self.api("get_session", **self.path)
        if self.gone:
            assert session.status == 404
            return
        assert session.json["state"] == ("running" if self.stuck else "idle")
        assert session.json["messageCount"] == len(self.said)
        assert self.api.said(*self.path.values()) == self.said[:100]


@pytest.mark.hypothesis
def test_a_session_is_a_list(
    api: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    clock = ShiftedClock()
    monkeypatch.setattr(wiring, "clock", lambda: clock)
    number = EXAMPLES[request.node.callspec.params["dynamodb_endpoint"]]
    run_state_machine_as_test(
        lambda: Session(api, upstream, clock),
        settings=settings(examples(number), stateful_step_count=20),
    )
