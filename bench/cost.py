"""What a million turns cost on AWS, by region and provider time: `python -m bench.cost` writes docs/cost.md."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from pathlib import Path
from typing import Any

import yaml

from agentos.domain.measures import MEASURES
from agentos.services.background_worker import EXTEND_SECONDS
from agentos.settings.secrets import MAX_AGE_SECONDS, SPREAD_SECONDS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cost.md"
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.S)
PROVIDER_SECONDS = (1, 3, 10)
MODELS = (1, 10, 50)
MILLION, GB = 1_000_000, 10**9

METRIC_LINE_BYTES = 1_600
"""The line that a turn writes, rounded up; tests/docs/test_cost.py counts it."""

LAMBDA_LINES_BYTES = 270
"""Lambda's own START, END and REPORT. https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""

EVENT_BYTES = 26
"""Which CloudWatch adds to each of the four lines.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""

VALUES = {"model": 1, "errorClass": 3, "state": 3, "outcome": 5, "code": 10, "reason": 3}
"""How many values each dimension has, for every model: an answer and two kinds of failure, and so on. Assumed."""

Prices = Mapping[str, Decimal]
"""US dollars: per million requests or units, GB-second, GB, and metric and month. What has no source is missing."""


@dataclass(frozen=True)
class Turn:
    """What one stored message uses. docs/cost.md says what is measured and what is assumed."""

    memory_gb: Decimal = Decimal("0.5")
    own_seconds: Decimal = Decimal("0.048")
    init_seconds: Decimal = Decimal("0.002")
    writes: int = 11
    reads: int = 3
    log_bytes: int = METRIC_LINE_BYTES + LAMBDA_LINES_BYTES + 4 * EVENT_BYTES
    response_bytes: int = 3_000

    def seconds(self, provider_seconds: int) -> Decimal:
        """What Lambda bills, a share of a cold start included."""
        return provider_seconds + self.own_seconds + self.init_seconds


def per_million(prices: Prices, provider_seconds: int, turn: Turn = Turn()) -> dict[str, Decimal]:
    """Exact US dollars per million turns, by service. A lease that is renewed adds a write every 8 seconds."""
    return {
        "API Gateway": prices["gateway"],
        "Lambda": prices["lambdaRequests"]
        + MILLION * turn.seconds(provider_seconds) * turn.memory_gb * prices["gbSecond"],
        "DynamoDB": (turn.writes + provider_seconds // 8) * prices["write"] + turn.reads * prices["read"],
        "logs": MILLION * turn.log_bytes * prices["logsGb"] / GB,
        "transfer": MILLION * turn.response_bytes * prices["transferGb"] / GB,
    }


def queue_requests(seconds: int) -> int:
    """Requests to SQS for a background turn: send, receive, delete, and each time that a worker hides its message."""
    return 4 + seconds // int(EXTEND_SECONDS)


def key_reads(provider_seconds: int, turn: Turn = Turn()) -> int:
    """How often environments read the keys during a million turns: by time, and at one start for 1,000 turns."""
    age = MAX_AGE_SECONDS - SPREAD_SECONDS // 2
    return round(MILLION * turn.seconds(provider_seconds) / age) + MILLION // 1_000


def metrics(models: int) -> int:
    """How many metrics CloudWatch bills if so many models answer: one for each sum and each value of its dimensions.

    There is no experiment, and every model belongs to one provider.
    """
    rollups = [rollup for metric in MEASURES.values() for rollup in metric.rollups if "experiment" not in rollup]
    return sum(
        (models if "model" in rollup else 1) * prod(VALUES.get(name, 1) for name in rollup) for rollup in rollups
    )


def load_prices() -> dict[str, Prices]:
    """Prices by region."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "bench" / "prices.yaml").read_text())
    return {
        region: {name: Decimal(price) for name, price in prices.items()} for region, prices in found["regions"].items()
    }


def turns() -> Iterator[str]:
    """By region and provider time, rounded to cents."""
    services = list(per_million(load_prices()["us-east-1"], 1))
    yield f"| region | provider's seconds | {' | '.join(services)} | total |"
    yield f"|---|---:|{'---:|' * (len(services) + 1)}"
    for region, prices in load_prices().items():
        for seconds in PROVIDER_SECONDS:
            costs = per_million(prices, seconds)
            cells = " | ".join(f"{cost:.2f}" for cost in (*costs.values(), sum(costs.values(), Decimal())))
            yield f"| {region} | {seconds} | {cells} |"


def extras() -> Iterator[str]:
    """What the first table leaves out."""
    regions = load_prices()
    yield f"| what | how much | {' | '.join(regions)} |"
    yield f"|---|---|{'---:|' * len(regions)}"
    for what, price, amount, unit, units_per_price in _extras():
        costs = (
            f"{amount * prices[price] / units_per_price:.2f}" if price in prices else "no source"
            for prices in regions.values()
        )
        yield f"| {what} | {amount:,} {unit} | {' | '.join(costs)} |"


def _extras() -> Iterator[tuple[str, str, int, str, int]]:
    """A row's name, the name of its price, the amount and its unit, and how many of them the price is for."""
    yield "SQS, a million background turns", "queue", MILLION * queue_requests(3), "requests", MILLION
    yield "SSM, standard throughput", "parameterRead", key_reads(3), "reads", MILLION
    yield "SSM, higher throughput", "parameterReadFast", key_reads(3), "reads", MILLION
    yield "DynamoDB, usage counted in full batches", "write", 2 * MILLION + 4 * MILLION // 50, "write units", MILLION
    yield "DynamoDB, usage counted turn by turn", "write", 6 * MILLION, "write units", MILLION
    yield "KMS, three keys of providers", "decryption", 3 * key_reads(3), "decryptions", MILLION
    for models in MODELS:
        name = f"CloudWatch, a month with {models} model{'s' * (models > 1)}"
        yield name, "metricMonth", metrics(models), "metrics", 1


TABLES: dict[str, Callable[[], Iterator[str]]] = {"turns": turns, "extras": extras}


def written(page: str) -> str:
    """The page with the tables as they are computed now."""
    return MARKED.sub(lambda found: "\n".join((found[1] + next(lines := TABLES[found[2]]()), *lines, found[3])), page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
