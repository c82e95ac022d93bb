"""Providers that misbehave on the wire. In whole turns over real sockets, the fallback answers in time."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.functions.conftest import GEMINI_KEY, OPENAI_KEY, Chat, gemini_answer
from tests.providers.calls import in_time
from tests.providers.misbehaving_server import Behaviour, Connection, MisbehavingServer, reply
from tests.support.sse import events, text_of
from tests.support.upstream import Upstream, answer
from tests.support.wiring import rewire

PRIMARY_SECONDS = 0.4
"""The provider's own bound. The servers here never end by themselves."""
STREAM = {"stream": "true"}

ANSWERS = {
    "openai": json.dumps(answer("From an odd server.").body).encode(),
    "gemini": json.dumps(gemini_answer("From an odd server.").body).encode(),
}
FORMATS = list(ANSWERS)


@dataclass
class Scene:
    """A session whose primary is a misbehaving server with the wire format of `primary`. Its fallback is a good one."""

    talk: Chat
    good: Upstream
    environment: pytest.MonkeyPatch
    configure: Callable[[str], None]

    def say(self) -> Any:
        return in_time(lambda: self.talk.say())

    def change(self, **config: Any) -> None:
        """Change the agent."""
        self.talk.api("update_agent", {"config": config}, agentId=self.talk.agent_id)

    def bound(self, primary: str) -> None:
        """Give the primary little time. Only servers that never end get a bound, since a busy machine is slow too."""
        self.configure(f"providers: {{{primary}: {{timeoutSeconds: {PRIMARY_SECONDS}}}}}")

    def point(self, primary: str, url: str) -> None:
        self.environment.setenv(f"{primary.upper()}_ENDPOINT", url)
        rewire()


MODELS = {"openai": "openai:gpt-4o-mini", "gemini": "gemini:flash-1.5"}
OTHER = {"openai": "gemini", "gemini": "openai"}


@pytest.fixture(params=FORMATS)
def primary(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(api: Any, environment: pytest.MonkeyPatch, configure: Callable[[str], None], primary: str) -> Iterator[Scene]:
    good_answer = answer("A good answer.") if primary == "gemini" else gemini_answer("A good answer.")
    with Upstream(default=good_answer) as good:
        environment.setenv("OPENAI_API_KEY", OPENAI_KEY)
        environment.setenv("GEMINI_API_KEY", GEMINI_KEY)
        environment.setenv(f"{OTHER[primary].upper()}_ENDPOINT", good.url)
        config = {"fallbackModel": MODELS[OTHER[primary]]}
        agent_id = api.agent(model=MODELS[primary], config=config)
        yield Scene(Chat(api, agent_id, api.session(agent_id)), good, environment, configure)


def sends(data: Callable[[bytes], bytes]) -> Callable[[bytes], Behaviour]:
    """A server that answers each request with `data` of a good answer, and closes the connection."""

    def made(good: bytes) -> Behaviour:
        def behaviour(connection: Connection) -> None:
            connection.request()
            connection.send(data(good))

        return behaviour

    return made


def trickles(head: bytes, piece: bytes) -> Callable[[bytes], Behaviour]:
    def made(_: bytes) -> Behaviour:
        def behaviour(connection: Connection) -> None:
            connection.request()
            connection.send(head)
            connection.trickle(piece)

        return behaviour

    return made


def hangs(_: bytes) -> Behaviour:
    def behaviour(connection: Connection) -> None:
        connection.request()
        connection.hang()

    return behaviour


def resets(_: bytes) -> Behaviour:
    def behaviour(connection: Connection) -> None:
        connection.request()
        connection.reset()

    return behaviour


def hangs_up(_: bytes) -> Behaviour:
    def behaviour(connection: Connection) -> None:
        connection.request()

    return behaviour


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n"


def gzipped(good: bytes, cut: int = 0) -> bytes:
    body = gzip.compress(good)
    return reply(body[: len(body) - cut], "200 OK", "content-encoding: gzip")


# name: (server, the error class, calls of it while a fallback is left)
UGLY: dict[str, tuple[Callable[[bytes], Behaviour], str, int]] = {
    "a trickle of chunks": (trickles(CHUNKED, b"1\r\n \r\n"), "timeout", 1),
    "a trickle of a body": (trickles(SIZED, b" "), "timeout", 1),
    "a trickle of headers": (trickles(b"HTTP/1.1 200 OK\r\n", b"x-more: yes\r\n"), "timeout", 1),
    "a hang": (hangs, "timeout", 1),
    "a reset": (resets, "connect", 2),
    "no reply at all": (hangs_up, "connect", 2),
    "a cut body": (sends(lambda good: reply(good)[:-20]), "connect", 2),
    "a cut chunk": (sends(lambda good: CHUNKED + b"400\r\n" + good[:20]), "connect", 2),
    "garbage": (sends(lambda _: b"\x16\x03\x01\x02\x00\x01\x00garbage\r\n\r\n"), "connect", 2),
    "HTML": (sends(lambda _: reply(b"<!doctype html><title>Sign in to the Wi-Fi</title>")), "bad_response", 1),
    "broken JSON": (sends(lambda good: reply(good[:-10])), "bad_response", 1),
    "JSON that is no object": (sends(lambda _: reply(b'["hello"]')), "bad_response", 1),
    "truncated gzip": (sends(lambda good: gzipped(good, cut=30)), "bad_response", 1),
    "no gzip": (sends(lambda good: reply(good, "200 OK", "content-encoding: gzip")), "bad_response", 1),
    "an empty body": (sends(lambda _: reply(b"")), "bad_response", 1),
    "204": (sends(lambda _: b"HTTP/1.1 204 No Content\r\n\r\n"), "bad_response", 1),
    "200 with an error": (
        sends(lambda _: reply(b'{"error": {"message": "overloaded", "code": 503, "status": "UNAVAILABLE"}}')),
        "bad_response",
        1,
    ),
    "empty choices": (sends(lambda _: reply(b'{"choices": [], "candidates": []}')), "bad_response", 1),
    "null choices": (sends(lambda _: reply(b'{"choices": [null], "candidates": [null]}')), "bad_response", 1),
}


@pytest.mark.parametrize("ugly", UGLY)
def test_the_fallback_answers_in_time(scene: Scene, primary: str, ugly: str) -> None:
    server, error_class, calls = UGLY[ugly]
    if error_class == "timeout":
        scene.bound(primary)
    with MisbehavingServer(server(ANSWERS[primary])) as misbehaving:
        scene.point(primary, misbehaving.url)
        said = scene.say()
        assert said.status == 200, said.text
        assert said.json["content"] == "A good answer."
        outcomes = [one["outcome"] for one in said.json["route"]["attempts"]]
        assert outcomes == [error_class] * calls + ["ok"]
        assert misbehaving.connections == calls
        assert len(scene.good.requests) == 1
        assert misbehaving.hung_up.wait(30), "no call goes on after the turn"


@pytest.mark.parametrize("ugly", ["a trickle of chunks", "a hang", "a cut chunk", "truncated gzip", "HTML", "204"])
def test_the_fallback_streams_in_time(scene: Scene, primary: str, ugly: str) -> None:
    """The fallback also answers where a stream is broken before its first text. The good server never streams."""
    server, error_class, calls = UGLY[ugly]
    if error_class == "timeout":
        scene.bound(primary)
    with MisbehavingServer(server(ANSWERS[primary])) as misbehaving:
        scene.point(primary, misbehaving.url)
        said = in_time(lambda: scene.talk.api("send_message", {"content": "Hi"}, query=STREAM, **scene.talk.path))
        found = events(said.text)
        assert text_of(found) == "A good answer."
        outcomes = [one["outcome"] for one in found[-1].data["route"]["attempts"]]
        assert outcomes == [error_class] * calls + ["ok"]
        assert misbehaving.hung_up.wait(30), "no call goes on after the turn"


@pytest.mark.parametrize("ugly", ["a trickle of chunks", "a hang"])
def test_without_a_fallback_the_deadline_ends_the_turn_and_frees_the_session(
    scene: Scene, primary: str, ugly: str
) -> None:
    server, error_class, _ = UGLY[ugly]
    scene.change(timeoutSeconds=2, fallbackModel=None)
    with MisbehavingServer(server(ANSWERS[primary])) as misbehaving:
        scene.point(primary, misbehaving.url)
        failed = scene.say()
        assert (failed.status, failed.json["code"]) == (502, "upstream_failed")
        assert [one["outcome"] for one in failed.json["details"]["attempts"]] == [error_class]
        assert misbehaving.hung_up.wait(30)
    assert scene.talk.session()["state"] == "idle"
    assert scene.talk.messages() == []


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_a_redirect_is_not_followed_and_its_host_sees_no_request(scene: Scene, primary: str, status: str) -> None:
    with MisbehavingServer(sends(reply)(ANSWERS[primary])) as elsewhere:
        moved = sends(lambda _: reply(b"", status, f"location: {elsewhere.url}/v1/chat/completions"))
        with MisbehavingServer(moved(b"")) as misbehaving:
            scene.point(primary, misbehaving.url)
            said = scene.say()
        assert [one["outcome"] for one in said.json["route"]["attempts"]] == ["bad_response", "ok"]
        assert elsewhere.connections == 0


@pytest.mark.parametrize("data", [gzipped, reply], ids=["gzip", "plain"])
def test_an_unusual_but_valid_answer_is_accepted(scene: Scene, primary: str, data: Callable[[bytes], bytes]) -> None:
    with MisbehavingServer(sends(data)(ANSWERS[primary])) as server:
        scene.point(primary, server.url)
        assert scene.say().json["content"] == "From an odd server."
    assert scene.good.requests == []


def test_an_unknown_finish_reason_is_still_an_answer(scene: Scene, primary: str) -> None:
    odd = ANSWERS[primary].replace(b'"STOP"', b'"MOON_PHASE"').replace(b'"stop"', b'"MOON_PHASE"')
    with MisbehavingServer(sends(reply)(odd)) as server:
        scene.point(primary, server.url)
        said = scene.say().json
    assert (said["content"], said["finishReason"]) == ("From an odd server.", "MOON_PHASE")
    assert said["route"]["fallbackUsed"] is False


def test_a_missing_finish_reason_is_an_ordinary_end(scene: Scene, primary: str) -> None:
    odd = ANSWERS[primary].replace(b'"STOP"', b"null").replace(b'"stop"', b"null")
    with MisbehavingServer(sends(reply)(odd)) as server:
        scene.point(primary, server.url)
        assert scene.say().json["finishReason"] == "stop"
