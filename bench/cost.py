"""What a million turns cost on AWS, by region and provider time: `python -m bench.cost` writes docs/cost.md."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cost.md"
MARKED = re.compile(r"(<!-- costs -->\n).*?(<!-- end -->)", re.S)
PROVIDER_SECONDS = (1, 3, 10)
MILLION, GB = 1_000_000, 10**9

Prices = Mapping[str, Decimal]
"""US dollars: per million requests or units, per GB-second, per GB."""


@dataclass(frozen=True)
class Turn:
    """What one stored message uses. docs/cost.md says what is measured and what is assumed."""

    memory_gb: Decimal = Decimal("0.5")
    own_seconds: Decimal = Decimal("0.048")
    init_seconds: Decimal = Decimal("0.002")
    writes: int = 9
    reads: int = 3
    log_bytes: int = 1_500
    response_bytes: int = 3_000


def per_million(prices: Prices, provider_seconds: int, turn: Turn = Turn()) -> dict[str, Decimal]:
    """Exact US dollars per million turns, by service. A lease that is renewed adds a write every 8 seconds."""
    seconds = provider_seconds + turn.own_seconds + turn.init_seconds
    return {
        "API Gateway": prices["gateway"],
        "Lambda": prices["lambdaRequests"] + MILLION * seconds * turn.memory_gb * prices["gbSecond"],
        "DynamoDB": (turn.writes + provider_seconds // 8) * prices["write"] + turn.reads * prices["read"],
        "logs": MILLION * turn.log_bytes * prices["logsGb"] / GB,
        "transfer": MILLION * turn.response_bytes * prices["transferGb"] / GB,
    }


def load_prices() -> dict[str, Prices]:
    """Prices by region."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "bench" / "prices.yaml").read_text())
    return {
        region: {name: Decimal(price) for name, price in prices.items()} for region, prices in found["regions"].items()
    }


def table() -> Iterator[str]:
    """The rows of docs/cost.md, rounded to cents."""
    services = list(per_million(load_prices()["us-east-1"], 1))
    yield f"| region | provider's seconds | {' | '.join(services)} | total |"
    yield f"|---|---:|{'---:|' * (len(services) + 1)}"
    for region, prices in load_prices().items():
        for seconds in PROVIDER_SECONDS:
            costs = per_million(prices, seconds)
            cells = " | ".join(f"{cost:.2f}" for cost in (*costs.values(), sum(costs.values(), Decimal())))
            yield f"| {region} | {seconds} | {cells} |"


def written(page: str) -> str:
    """The page with the table as it is computed now."""
    lines = "\n".join(table())
    return MARKED.sub(lambda found: f"{found[1]}{lines}\n{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
