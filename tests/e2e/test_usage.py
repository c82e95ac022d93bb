"""Under the local host as on AWS: what messages used is counted from the table's stream, and `GET /usage` tells it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.hosting import Host, eventually
from tools import usage_rebuild

NUMBERS = ("promptTokens", "completionTokens")


def test_messages_and_completions_are_found_in_the_usage(
    start_host: Callable[..., Host],
    dynamodb_endpoint: str,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    host = start_host({"STORE": dynamodb_endpoint})
    first, second = host.agent(model="echo:echo"), host.agent(model="echo:echo")
    told: dict[str, list[Any]] = {first: [], second: []}
    for agent_id, count in ((first, 3), (second, 2)):
        session = host.session(agent_id)
        for number in range(count):
            told[agent_id].append(host.say(session, f"message {number}").json())
    asked = {"model": "echo:echo", "messages": [{"role": "user", "content": "Hello"}]}
    assert host.client.post("/v1/chat/completions", json=asked).status_code == 200

    def usage(**query: str) -> Any:
        return host.client.get("/usage", params=query).json()

    eventually(lambda: usage()["total"]["turns"] == 6)
    by_agent = {row["agent"]: row for row in usage(groupBy="agent")["data"]}
    assert {agent_id: row["turns"] for agent_id, row in by_agent.items()} == {None: 1, first: 3, second: 2}
    for agent_id, replies in told.items():
        for name in NUMBERS:
            assert by_agent[agent_id][name] == sum(reply["usage"][name] for reply in replies)
    (row,) = usage(groupBy="model,provider")["data"]
    assert (row["model"], row["provider"], row["attempts"], row["failed"]) == ("echo:echo", "echo", 6, 0)
    assert "echo:echo" in host.client.get("/usage?groupBy=model", headers={"accept": "text/csv"}).text

    command = ["--table", "agentos", "--endpoint", dynamodb_endpoint]
    assert usage_rebuild.main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.endswith(" records, 0 of them not counted before, 0 sums corrected") for line in lines)
    assert "Traceback" not in host.output
