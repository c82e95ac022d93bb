"""An answer of any size that can be stored can be read again: in a page of messages, as a reply, and in a turn."""

from typing import Any

import pytest

from agentos import wiring
from agentos.kernel.clock import Deadline
from agentos.kernel.ids import new_id
from agentos.store.leases import LeaseStore
from agentos.store.turns import TurnCommit
from local.functions import MAX_RESPONSE_BYTES
from local.template import load_template
from tests.support.builders import a_message, a_reply
from tests.support.gateway import ROOT, Client

CONTENT = "\x01" * 2_000_000
"""Each of these characters takes six bytes in JSON."""


@pytest.fixture
def path(api: Client, upstream: Any) -> dict[str, str]:
    """A session with one small message and one answer that no buffered response can hold."""
    agent_id = api.agent()
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    store, deadline = wiring.turn_store(), Deadline.after(30, wiring.clock())
    leases = LeaseStore(wiring.table(), wiring.clock())
    lease = leases.acquire(("default", agent_id, path["sessionId"]), new_id("turn"), 30, deadline)
    reply = a_reply(CONTENT)
    sent, answer = store.to_stored(lease, 1, a_message("small"), 5), store.to_stored(lease, 2, reply, 5)
    store.commit(lease, TurnCommit((sent,), reply, answer, ((5, 5),), ()), deadline)
    assert api.say(agent_id, path["sessionId"], "next").status == 200
    return path


def test_a_message_that_is_larger_than_a_page_is_alone_on_it(api: Client, path: dict[str, str]) -> None:
    pages, after = [], None
    while True:
        page = api("list_messages", query={"limit": "100", **({"after": after} if after else {})}, **path)
        assert page.status == 200
        pages.append([message["content"] for message in page.json["data"]])
        if not (after := page.json["nextCursor"]):
            break
    assert pages == [["small"], [CONTENT], ["next", "Hello from upstream."]]


def test_a_message_larger_than_a_buffered_response_has_a_streamed_route(api: Client, path: dict[str, str]) -> None:
    largest = api("list_messages", query={"limit": "1", "order": "desc", "after": cursor_of(api, path)}, **path)
    assert len(largest.text) > MAX_RESPONSE_BYTES
    template = load_template(ROOT / "template.yaml", "any")
    streamed = {(route.method, route.path) for route in template.routes if route.streams}
    session = "/agents/{agentId}/sessions/{sessionId}"
    assert {
        ("GET", f"{session}/messages"),
        ("POST", f"{session}/messages"),
        ("GET", f"{session}/turns/{{turnId}}"),
    } <= (streamed)


def cursor_of(api: Client, path: dict[str, str]) -> str:
    """The cursor of the message that follows the large one."""
    page = api("list_messages", query={"limit": "2", "order": "desc"}, **path).json
    return str(page["nextCursor"])
