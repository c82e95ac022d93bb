"""`llmock` grades the functions: it plays every fault that it knows, and then its report must find no error."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.grader import CASES, Case, Grader, fail, findings
from tests.support.wiring import rewire


@pytest.fixture
def grader(environment: pytest.MonkeyPatch) -> Iterator[Grader]:
    with Grader() as running:
        for name, value in running.environment.items():
            environment.setenv(name, value)
        yield running
    rewire()


def turn(api: Any, grader: Grader, case: Case) -> list[str]:
    """The outcome of one message, attempt by attempt."""
    model = grader.script(case)
    agent_id = api.agent(model=model, config={"fallbackModel": "gemini:flash-1.5", **case.config})
    answer = api.say(agent_id, api.session(agent_id), f"About the case {case.name}.")
    attempts = answer.json["route"]["attempts"] if answer.status == 200 else answer.json["details"]["attempts"]
    return [attempt["outcome"] for attempt in attempts]


def test_the_report_is_clean(api: Any, grader: Grader) -> None:
    calls = 0
    for case in CASES:
        assert turn(api, grader, case) == list(case.outcomes), case.name
        calls += len(case.outcomes)
        assert grader.requests(calls) == calls, f"{case.name}: no library multiplies calls"
    code, report = grader.report()
    assert code == 0, report
    assert set(findings(report)) <= {"gave_up"}, "a router falls back at once"


def test_a_faulty_client_fails_the_report(grader: Grader) -> None:
    """Otherwise a clean report would prove nothing. It finds a client that ignores Retry-After."""
    grader.script(Case("impatient", (fail(429, retry_after=30),), ()))
    body = {"model": "impatient", "messages": [{"role": "user", "content": "Hello"}]}
    with httpx.Client(base_url=grader.url, trust_env=False) as client:
        statuses = [client.post("/v1/chat/completions", json=body).status_code for _ in range(2)]
    assert statuses == [429, 200]
    code, report = grader.report()
    assert (code, findings(report)) == (1, ["retry_after_ignored"])
