"""`llmock` grades the functions: every fault that it knows, then its own report, which must find no error."""

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
    """What one message came to, attempt by attempt."""
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
        assert grader.requests(calls) == calls, f"{case.name}: nobody multiplies calls"
    code, report = grader.report()
    assert code == 0, report
    assert set(findings(report)) <= {"gave_up"}, "falling back at once is what a router is for"


def test_the_report_can_fail(grader: Grader) -> None:
    """Or its being clean would prove nothing: a client that ignores Retry-After is found out."""
    grader.script(Case("impatient", (fail(429, retry_after=30),), ()))
    body = {"model": "impatient", "messages": [{"role": "user", "content": "Hello"}]}
    with httpx.Client(base_url=grader.url, trust_env=False) as client:
        statuses = [client.post("/v1/chat/completions", json=body).status_code for _ in range(2)]
    assert statuses == [429, 200]
    code, report = grader.report()
    assert (code, findings(report)) == (1, ["retry_after_ignored"])
