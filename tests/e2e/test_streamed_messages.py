"""A session's answer as a stream over real sockets: received while it is written, abandoned, and resumed."""

import threading

import httpx
import pytest

from tests.e2e.door import Door
from tests.e2e.hosting import Host, eventually
from tests.support.sse import Event, events, text_of
from tests.support.upstream import CUT, Upstream, streamed_reply

WAIT_SECONDS = 60
KEY = {"Idempotency-Key": "k"}


@pytest.fixture
def host(door: Door) -> Host:
    return door.host


@pytest.fixture
def upstream(door: Door) -> Upstream:
    return door.upstream


@pytest.fixture
def session(host: Host) -> str:
    return host.session(host.agent(model="xai:grok"))


class Gate:
    """Holds the upstream until the client has received what was sent, then lets it go on."""

    def __init__(self) -> None:
        self._received = threading.Event()

    def __call__(self) -> None:
        assert self._received.wait(WAIT_SECONDS)

    def open(self) -> None:
        self._received.set()


def resumed(host: Host, session: str, after: int) -> list[Event]:
    headers = {**KEY, "Last-Event-ID": str(after), "Accept": "text/event-stream"}
    return events(host.client.post(f"{session}/messages", json={"content": "Hello"}, headers=headers).text)


def count(host: Host, session: str) -> int:
    return int(host.client.get(session).json()["messageCount"])


def test_the_answer_is_received_while_it_is_written(host: Host, upstream: Upstream, session: str) -> None:
    gate = Gate()
    upstream.script.append(streamed_reply("Hel", gate, "lo"))
    text = ""
    with host.client.stream("POST", f"{session}/messages?stream=true", json={"content": "Hello"}) as response:
        assert response.headers["content-type"] == "text/event-stream"
        for piece in response.iter_text():
            text += piece
            if '"Hel"' in text:
                gate.open()
    assert text_of(events(text)) == "Hello"
    assert count(host, session) == 2


def test_a_client_that_leaves_comes_back_for_the_rest(host: Host, upstream: Upstream, session: str) -> None:
    gate = Gate()
    upstream.script.append(streamed_reply("Hel", gate, "lo ", "you"))
    request = host.client.build_request(
        "POST", f"{session}/messages?stream=true", json={"content": "Hello"}, headers=KEY
    )
    with httpx.Client(trust_env=False) as leaving:
        response = leaving.send(request, stream=True)
        for piece in response.iter_text():
            if '"Hel"' in piece:
                break
        response.close()
    gate.open()

    eventually(lambda: count(host, session) == 2)
    rest = resumed(host, session, after=2)
    assert [event.id for event in rest] == [3, 4, 5]
    assert text_of(rest) == "lo you"
    assert rest[-1].data["content"] == "Hello you"
    assert rest[-1].data == host.client.get(f"{session}/messages").json()["data"][1]


def test_a_client_that_reconnects_learns_that_the_answer_broke_off(
    host: Host, upstream: Upstream, session: str
) -> None:
    gate = Gate()
    upstream.script.append(streamed_reply("Hel", gate, "lo", end=(CUT,)))
    with (
        httpx.Client(base_url=host.client.base_url, trust_env=False) as leaving,
        leaving.stream("POST", f"{session}/messages?stream=true", json={"content": "Hello"}, headers=KEY) as response,
    ):
        next(response.iter_raw())
    gate.open()

    eventually(lambda: count(host, session) == 2)
    assert [event.kind for event in resumed(host, session, after=2)] == ["message.delta", "error"]
    kept = host.client.get(f"{session}/messages").json()["data"][1]
    assert (kept["content"], kept["state"]) == ("Hello", "incomplete")
