"""Under the local host as on AWS: what messages used is counted from the table's stream, and `GET /usage` tells it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.hosting import Host, eventually
from tools import usage_rebuild


def test_messages_and_completions_are_found_in_the_usage(
    start_host: Callable[..., Host],
    dynamodb_endpoint: str,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    host = start_host({"STORE": dynamodb_endpoint})
    first, second = host.agent(model="echo:echo"), host.agent(model="echo:echo")
    replies: dict[str, list[Any]] = {first: [], second: []}
    for agent_id, count in ((first, 3), (second, 2)):
        session = host.session(agent_id)
        for number in range(count):
            replies[agent_id].append(host.say(session, f"message {number}").json())
    asked = {"model": f"agent:{second}", "messages": [{"role": "user", "content": "Hello"}]}
    completion = host.client.post("/v1/chat/completions", json=asked).json()["usage"]

    def usage() -> dict[str, Any]:
        """By agent; the store may hold what other tests used."""
        rows = host.client.get("/usage", params={"groupBy": "agent,model"}).json()["data"]
        return {row["agent"]: row for row in rows if row["agent"] in replies}

    eventually(lambda: {agent_id: row["turns"] for agent_id, row in usage().items()} == {first: 3, second: 3})
    for agent_id, row in usage().items():
        told = [reply["usage"] for reply in replies[agent_id]]
        more = completion if agent_id == second else {"prompt_tokens": 0, "completion_tokens": 0}
        assert row["promptTokens"] == sum(one["promptTokens"] for one in told) + more["prompt_tokens"]
        assert row["completionTokens"] == sum(one["completionTokens"] for one in told) + more["completion_tokens"]
        assert (row["model"], row["attempts"], row["failed"]) == ("echo:echo", 3, 0)
    assert "echo:echo" in host.client.get("/usage?groupBy=model", headers={"accept": "text/csv"}).text

    before = usage()
    since = ["--from", str(datetime.now(UTC).date() - timedelta(days=1))]
    for _ in range(2):
        assert usage_rebuild.main([*since, "--table", "agentos", "--endpoint", dynamodb_endpoint]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(" records, 0 of them not counted before, 0 sums corrected")
    assert usage() == before
    assert "Traceback" not in host.output
