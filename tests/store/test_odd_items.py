"""Items of another version: further fields are left out, and what cannot be read is Unavailable."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos.domain import IdempotencyKey, SessionFilter, ToolCall
from agentos.kernel.errors import ApiError
from agentos.kernel.ids import new_id
from agentos.store.background_turns import BackgroundTurnStore
from agentos.store.completion_records import CompletionRecords
from agentos.store.forks import ForkStore
from agentos.store.messages import pack, unpack
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_message, a_reply, a_session, an_agent
from tests.support.odd_json import ODD, as_bytes, spoilt
from tests.support.properties import examples

SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""All examples share a table. Each puts back the item that it has changed."""

KEY = IdempotencyKey(name="a", body="b")
KEYS = {"pk", "sk", "agentSessions", "userSessions"}
"""Attributes of the table and its indexes."""

OTHER_VALUES: list[dict[str, Any]] = [
    {"S": ""}, {"S": "x"}, {"S": "{}"}, {"S": "[]"}, {"S": "null"}, {"N": "1.5"}, {"N": "0"}, {"N": "7"},
    {"N": "9" * 20}, {"B": b"x"}, {"B": pack(b"{}")}, {"B": pack(b"[]")}, {"B": pack(b"\xff")}, {"BOOL": True},
    {"NULL": True}, {"M": {}}, {"L": []},
]  # fmt: skip

Read = Callable[[], Any]


class Everything:
    """A table with an item of each kind, and everything that reads one."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.completions = CompletionRecords(store.table, store.clock)
        self.background = BackgroundTurnStore(store.table, store.clock)
        self.forks = ForkStore(store.table, store.clock)
        agent = an_agent(config={"instructions": "x", "routing": {"rules": [{"use": ["local:a"]}]}})
        store.agents.create(TENANT, agent, store.deadline())
        self.agent = agent.model_copy(update={"version": 2})
        store.agents.replace(TENANT, agent, self.agent, store.deadline())
        session = a_session(agent.agent_id, store.clock, lifetime=3600, user_id="ann", metadata={"a": 1})
        store.sessions.create(TENANT, session, store.deadline(), KEY)
        self.path = (TENANT, agent.agent_id, session.session_id)
        call = ToolCall(id="call_1", name="now", arguments={}, signature="thought:x")
        lease = store.leases.acquire(self.path, new_id("turn"), 30, store.deadline(), KEY)
        reply = a_reply("", tool_calls=(call,), finish_reason="tool_calls", state="requires_action")
        self.sent = a_message("Hello")
        step = store.step(lease, self.sent, reply)
        store.turns.commit(lease, step, store.deadline())
        self.claim = self.completions.new_claim(TENANT, KEY)
        self.completions.acquire(self.claim, 30, store.deadline())
        self.completions.keep(self.claim, reply, (1, 2), store.deadline())
        self.turn_id = new_id("turn")
        self.background.add(self.path, self.turn_id, KEY.model_copy(update={"name": "c"}), {"x": 1})
        self.session = session.model_copy(update={"message_count": 2})
        self.items = store.items()

    def reads(self) -> Iterator[tuple[str, Read]]:
        """Every way in which items are read, by name."""
        store, path = self.store, self.path
        another = self.completions.new_claim(TENANT, KEY)
        yield "agent", lambda: store.agents.get(*path[:2])
        yield "version", lambda: store.agents.at(TENANT, self.agent, 1)
        yield "agents", lambda: store.agents.page(TENANT, 5, None, "asc")
        yield "session", lambda: store.sessions.get(*path)
        yield "sessions", lambda: store.sessions.page(*path[:2], SessionFilter("ann"), 5, None, "desc")
        yield "messages", lambda: store.sessions.messages(*path, 5, None, "asc")
        yield "made before", lambda: store.sessions.made_before(*path[:2], KEY)
        yield "history", lambda: store.turns.newest(TENANT, self.session, 2)
        yield "recorded", lambda: store.turns.recorded_reply(*path, KEY)
        yield "background", lambda: self.background.get(path, self.turn_id)
        yield "answered", lambda: self.completions.acquire(another, 30, store.deadline(0))
        yield "sequence", lambda: self.forks.sequence_of(TENANT, self.session, self.sent.message_id)
        yield "lease", self.lease

    def lease(self) -> Any:
        """Twice: the second one is refused for what the item says of the first."""
        turn_id = new_id("turn")
        try:
            session = self.store.leases.acquire(self.path, turn_id, 30, self.store.deadline(0), KEY).session
            with pytest.raises(ApiError):
                self.store.leases.acquire(self.path, new_id("turn"), 30, self.store.deadline(0), KEY)
        finally:
            self.store.leases.release(self.path, turn_id, self.store.deadline(0))
        return session

    def put(self, item: dict[str, Any]) -> None:
        self.store.client.call("PutItem", TableName=self.store.table_name, Item=item)


@pytest.fixture
def everything(store: Store) -> Everything:
    return Everything(store)


def documents(item: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an item that hold JSON."""
    found: dict[str, Any] = {}
    for name, typed in item.items():
        text = unpack(typed["B"]) if "B" in typed else typed.get("S", "").encode()
        if name not in KEYS and text[:1] in (b"{", b"["):
            found[name] = json.loads(text)
    return found


def with_document(item: dict[str, Any], name: str, document: bytes) -> dict[str, Any]:
    return {**item, name: {"B": pack(document)} if "B" in item[name] else {"S": document.decode()}}


@st.composite
def changed(draw: st.DrawFn, item: dict[str, Any]) -> dict[str, Any]:
    """The item with an attribute missing or odd, or with an odd field in its JSON."""
    name = draw(st.sampled_from(sorted(set(item) - KEYS)))
    held = documents(item)
    match draw(st.sampled_from(["missing", "odd", "document"])):
        case "document" if held:
            name = draw(st.sampled_from(sorted(held)))
            return with_document(item, name, as_bytes(draw(spoilt(held[name], ODD))))
        case "odd" if name not in ("sessionId", "agentId"):
            return {**item, name: draw(st.sampled_from(OTHER_VALUES))}
    return {other: value for other, value in item.items() if other != name}


@settings(examples(30), suppress_health_check=SHARED)
@given(data=st.data())
def test_an_odd_item_is_read_or_classified(data: st.DataObject, everything: Everything) -> None:
    item = data.draw(st.sampled_from(everything.items))
    everything.put(data.draw(changed(item)))
    try:
        for name, read in everything.reads():
            try:
                _shown(read())
            except ApiError as error:
                assert error.status == 503 or error.status < 500, name
                assert error.status != 503 or error.headers["retry-after"], name
    finally:
        everything.put(item)


def _shown(value: Any) -> Any:
    """What came of a read, as text: whatever was read can be sent to a client."""
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    return value.model_dump_json() if hasattr(value, "model_dump_json") else repr(value)


def _extended(value: Any) -> Any:
    """A document of a newer version, which has a further field in every object that is not the client's."""
    if isinstance(value, list):
        return [_extended(one) for one in value]
    if not isinstance(value, dict):
        return value
    free = ("metadata", "arguments", "parameters")
    return {name: one if name in free else _extended(one) for name, one in value.items()} | {
        "ofANewerVersion": {"a": 1}
    }


def test_further_fields_and_attributes_change_nothing(everything: Everything) -> None:
    before = {name: _shown(read()) for name, read in everything.reads()}
    for item in everything.items:
        newer = copy.deepcopy(item)
        for name, document in documents(item).items():
            if name not in ("signatures", "turns", "openCalls") and not item["sk"]["S"].startswith("TURN#"):
                newer = with_document(newer, name, as_bytes(_extended(document)))
        everything.put({**newer, "flag": {"BOOL": True}, "more": {"M": {"a": {"NULL": True}}}, "list": {"L": []}})
    after = {name: _shown(read()) for name, read in everything.reads()}
    assert after == before
