"""The local host over a real socket: routes and limits, many at once, fallback."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.console import CURLS
from tests.e2e.hosting import Host, eventually
from tests.support.upstream import Reply, Upstream, answer

StartHost = Callable[..., Host]


def test_start_shows_routes_providers_the_model_and_what_to_try(host: Host) -> None:
    assert re.search(r"POST +/agents/\{agentId\}/sessions/\{sessionId\}/messages +SendMessageFunction", host.output)
    assert re.search(r"^providers +local$", host.output, re.M)
    assert re.search(r"^model +local:smollm2", host.output, re.M)
    assert CURLS.format(url=f"http://localhost:{host.client.base_url.port}") in host.output
    assert "\033" not in host.output  # no colours in a file


def test_without_a_wheel_for_the_model_the_start_says_so_and_echo_answers(
    start_host: StartHost, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['xllamacpp'] = None  # as if not installed\n")
    host = start_host({"LOCAL_MODEL": "1", "PYTHONPATH": str(tmp_path)})
    assert re.search(r"^model +none \(xllamacpp is not installed; .*\); echo:echo answers instead$", host.output, re.M)
    reply = host.say(host.session(host.agent(model="openai:gpt-4o-mini")), "Hello").json()
    assert (reply["model"], reply["content"]) == ("echo:echo", "You said: Hello")


def test_every_request_is_shown(host: Host) -> None:
    host.client.get("/agents?limit=3")
    eventually(lambda: re.search(r"^GET +/agents 200 \d+ ms$", host.output, re.M) is not None)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nope"), ("GET", "/"), ("PUT", "/agents"), ("OPTIONS", "/nothing"), ("GET", "/agents/a/b/c/d/e")],
)
def test_an_unknown_route_is_refused(host: Host, method: str, path: str) -> None:
    refused = host.client.request(method, path)
    assert refused.status_code == 404
    assert refused.json() | {"requestId": None} == {
        "code": "not_found",
        "message": "There is no such route, or it takes signed requests alone.",
        "details": {},
        "requestId": None,
    }


def test_head_has_no_body(host: Host) -> None:
    refused = host.client.head("/health")
    assert (refused.status_code, refused.content) == (404, b"")


def test_a_trailing_slash_makes_no_difference(host: Host) -> None:
    assert host.client.get("/health/").status_code == 200


def test_a_body_over_api_gateways_limit_is_refused(host: Host) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * 1024 * 1024

    for body in (b" " * (10 * 1024 * 1024 + 1), endless()):  # with a declared length, and without one
        refused = host.client.post("/agents", content=body)
        assert (refused.status_code, refused.json()["code"]) == (413, "payload_too_large")
    assert host.client.get("/health").status_code == 200


def test_an_event_over_lambdas_limit_is_refused(host: Host) -> None:
    refused = host.client.post("/agents", content=b" " * (6 * 1024 * 1024))
    assert (refused.status_code, refused.json()["code"]) == (413, "payload_too_large")


def test_a_body_that_is_not_text_is_refused(host: Host) -> None:
    refused = host.client.post("/agents", content=b"\xff\xfe")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


def test_an_agent_of_300_kb_can_be_patched(host: Host) -> None:
    """DynamoDB's limit is 400 KB for an item as it is stored, whatever the request adds up to."""
    instructions = "All work and no play makes Jack a dull boy. " * 7_000
    path = f"/agents/{host.agent(model='echo:echo', config={'instructions': instructions})}"
    for name in ("first", "second"):
        patched = host.client.patch(path, json={"name": name, "config": {"instructions": instructions + name}})
        assert patched.status_code == 200, patched.text
    assert host.client.get(path).json()["config"]["instructions"] == instructions + "second"


def test_twenty_requests_at_once(start_host: StartHost, tmp_path: Path) -> None:
    """The upstream answers only when all twenty are with it, so that one at a time would never end."""
    everybody = threading.Barrier(20, timeout=55)
    with Upstream(default=Reply(answer("All here.").body, before=everybody.wait)) as upstream:
        overlay = tmp_path / "mine.yaml"
        mine = f"providers: {{my-gateway: {{format: openai, endpoint: '{upstream.url}', auth: none}}}}"
        overlay.write_text(f"{mine}\nlimits: {{turnSeconds: 60}}")
        host = start_host({"AGENTOS_CONFIG": str(overlay)})
        agent = host.agent(model="my-gateway:any")
        sessions = [host.session(agent) for _ in range(20)]
        with ThreadPoolExecutor(20) as threads:
            replies = list(threads.map(host.say, sessions))
    assert [(reply.status_code, reply.json()["content"]) for reply in replies] == [(200, "All here.")] * 20


def test_the_fallback_answers_while_the_primary_is_away(start_host: StartHost, tmp_path: Path) -> None:
    """One session throughout: no key, then a key in .env, then a server that is gone, then the key is gone."""
    host = start_host()
    session = host.session(host.agent(model="openai:gpt-4o-mini"))
    assert host.say(session).json()["model"] == "echo:echo"
    primary_reply = Reply(answer("I am primary.").body, headers={"connection": "close"})  # none outlives the server
    with Upstream(default=primary_reply) as upstream:
        (tmp_path / ".env").write_text(f"OPENAI_API_KEY=sk-secret\nOPENAI_ENDPOINT={upstream.url}\n")
        primary = host.say(session).json()
        assert (primary["model"], primary["content"]) == ("openai:gpt-4o-mini", "I am primary.")
    fallback = host.say(session).json()
    assert (fallback["model"], fallback["route"]["attempts"][0]["outcome"]) == ("echo:echo", "connect")
    (tmp_path / ".env").unlink()
    assert host.say(session).json()["route"]["skipped"][0]["model"] == "openai:gpt-4o-mini"
    assert "sk-secret" not in host.output


def test_a_failure_can_be_simulated(start_host: StartHost) -> None:
    with Upstream() as upstream:
        host = start_host({"OPENAI_API_KEY": "sk-0123456789", "OPENAI_ENDPOINT": upstream.url})
        session = host.session(host.agent(model="openai:gpt-4o-mini"))
        headers = {"x-agentos-simulate": "openai=auth"}
        simulated = host.client.post(f"{session}/messages", json={"content": "Hello"}, headers=headers).json()
        assert simulated["model"] == "echo:echo"
        assert [one["outcome"] for one in simulated["route"]["attempts"]] == ["auth", "ok"]
        assert upstream.requests == []
        assert host.say(session).json()["model"] == "openai:gpt-4o-mini"
