"""The host as users run it, graded by `llmock`; and a client that hangs up, which ends its turn's calls."""

import socket
import threading
from collections.abc import Callable

from tests.e2e.hosting import Host, eventually
from tests.support.grader import CASES, Grader
from tests.support.upstream import Reply, Upstream, refusal

StartHost = Callable[..., Host]
TIMEOUT = 60


def test_the_report_is_clean(start_host: StartHost) -> None:
    with Grader() as grader:
        host = start_host(grader.environment)
        for case in CASES:
            config = {"fallbackModel": "gemini:flash-1.5", **case.config}
            session = host.session(host.agent(model=grader.script(case), config=config))
            said = host.say(session, f"About the case {case.name}.").json()
            attempts = said["route"]["attempts"] if "route" in said else said["details"]["attempts"]
            assert [one["outcome"] for one in attempts] == list(case.outcomes), case.name
        calls = sum(len(case.outcomes) for case in CASES)
        assert grader.requests(calls) == calls
        code, report = grader.report()
        assert code == 0, report


def test_a_client_that_hangs_up_ends_its_turns_calls(start_host: StartHost) -> None:
    asked, answer_now = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        answer_now.wait(TIMEOUT)

    with Upstream(default=Reply(refusal(500).body, 500, before=wait)) as upstream:
        host = start_host({"OPENAI_API_KEY": "sk-0123456789", "OPENAI_ENDPOINT": upstream.url})
        session = host.session(host.agent(model="openai:gpt-4o-mini"))
        with _half_a_request(host, f"{session}/messages", b'{"content": "Hello"}'):
            assert asked.wait(TIMEOUT)
        for _ in range(2):  # what answers these has first seen the hang-up, which came before them
            host.client.get("/health")
        answer_now.set()
        eventually(lambda: host.client.get(session).json()["state"] == "idle")
        assert len(upstream.requests) == 1, "neither a second try nor a fallback"
        assert host.client.get(f"{session}/messages").json()["data"] == []


def _half_a_request(host: Host, path: str, body: bytes) -> socket.socket:
    """A connection with the request sent, whose answer nobody waits for."""
    url = host.client.base_url
    connection = socket.create_connection((url.host, url.port))
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection
