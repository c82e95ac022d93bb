"""docs/cost.md has the costs that bench/cost.py computes, and the arithmetic is exact."""

import json
from decimal import Decimal
from typing import Any

import pytest

from agentos.domain.measures import MEASURES
from bench.cost import (
    MARKED,
    METRIC_LINE_BYTES,
    PAGE,
    TABLES,
    Turn,
    key_reads,
    load_prices,
    metrics,
    per_million,
    queue_requests,
    written,
)
from bench.prose import prose
from tests.support.upstream import answer, streamed_reply

PRICED = ("gateway", "lambdaRequests", "gbSecond", "write", "read", "logsGb", "transferGb")
ROUND = {name: Decimal(1) for name in PRICED}


def test_the_page_is_what_is_computed() -> None:
    assert {found[1] for found in MARKED.findall(PAGE.read_text())} == set(TABLES)
    assert written(PAGE.read_text()) == PAGE.read_text()


def test_costs_are_exact() -> None:
    turn = Turn(Decimal("0.5"), Decimal("0.1"), Decimal("0.1"), 9, 3, log_bytes=3, response_bytes=7)
    assert per_million(ROUND, 9, turn) == {
        "API Gateway": 1,
        "Lambda": 4_600_001,
        "DynamoDB": 13,
        "logs": Decimal("0.003"),
        "transfer": Decimal("0.007"),
    }


def test_another_second_costs_its_gb_seconds() -> None:
    prices = load_prices()["us-east-1"]
    more = per_million(prices, 3)["Lambda"] - per_million(prices, 2)["Lambda"]
    assert more == Decimal("6.6667")


def test_a_background_turn_needs_another_request_every_ten_seconds() -> None:
    assert [queue_requests(seconds) for seconds in (3, 9, 10, 60)] == [4, 4, 5, 10]


def test_keys_are_read_by_time_and_at_each_start() -> None:
    turn = Turn(own_seconds=Decimal(0), init_seconds=Decimal(0))
    assert key_reads(27, turn) == 100_000 + 1_000


def test_metrics_are_billed_by_the_values_of_their_dimensions() -> None:
    of_a_model = [name for name, metric in MEASURES.items() if any("model" in rollup for rollup in metric.rollups)]
    by_class_or_state = {"Calls", "CallLatency", "CircuitTransitions"}
    assert metrics(11) - metrics(1) == 10 * (len(of_a_model) + 2 * len(by_class_or_state))
    without = [rollup for metric in MEASURES.values() for rollup in metric.rollups if rollup == ()]
    assert metrics(0) == len(without) + 5 + 2 * 10 + 3


@pytest.mark.parametrize("streamed", [False, True])
def test_a_turn_writes_no_more_than_is_counted(
    api: Any, upstream: Any, environment: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], streamed: bool
) -> None:
    environment.delenv("POWERTOOLS_METRICS_DISABLED", raising=False)
    environment.setenv("OPENAI_API_KEY", "sk-of-no-account")
    environment.setenv("OPENAI_ENDPOINT", upstream.url)  # a model whose price is known, so that all metrics are written
    agent_id = api.agent(model="openai:gpt-4o-mini")
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    text = prose(2048, 1)
    upstream.script.append(streamed_reply(text) if streamed else answer(text))
    capfd.readouterr()
    said = api("send_message", {"content": prose(1024, 2)}, query={"stream": "true"} if streamed else None, **path)
    written_out = capfd.readouterr()
    assert said.status == 200, said.text
    lines = (written_out.out + written_out.err).splitlines()
    assert len(lines) == 1, "another line has to be counted in bench/cost.py"
    size = len(lines[0].encode()) + 1
    assert METRIC_LINE_BYTES * 0.9 < size <= METRIC_LINE_BYTES
    assert "CostUsd" in json.loads(lines[0])
    if not streamed:
        assert Turn().response_bytes * 0.9 < len(said.text.encode()) <= Turn().response_bytes
