"""docs/cost.md has the costs that bench/cost.py computes, and the arithmetic is exact."""

from decimal import Decimal

from bench.cost import PAGE, Turn, load_prices, per_million, written

PRICED = ("gateway", "lambdaRequests", "gbSecond", "write", "read", "logsGb", "transferGb")
ROUND = {name: Decimal(1) for name in PRICED}


def test_the_page_is_what_is_computed() -> None:
    assert "| us-east-1 | 10 |" in PAGE.read_text()
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
