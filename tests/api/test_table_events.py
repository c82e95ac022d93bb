"""What `table_handler` makes of a batch of a stream's records."""

from typing import Any

from agentos.api.table_events import ItemKey, table_handler
from agentos.kernel.clock import Deadline
from tests.support.gateway import Context
from tests.support.logs import captured


def batch(*names: str) -> dict[str, Any]:
    return {"Records": [{"dynamodb": {"Keys": {"sk": {"S": name}}, "SequenceNumber": f"n-{name}"}} for name in names]}


def failures(*names: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": f"n-{name}"} for name in names]}


def recorded(seen: list[str]) -> Any:
    @table_handler
    def handler(key: ItemKey, deadline: Deadline) -> bool:
        seen.append(key["sk"]["S"])
        if key["sk"]["S"] == "broken":
            raise ValueError("no")
        return key["sk"]["S"] != "unfinished"

    return handler


def test_every_record_is_handed_on_in_order() -> None:
    seen: list[str] = []
    assert recorded(seen)(batch("a", "b", "a"), Context()) == failures()
    assert seen == ["a", "b", "a"]


def test_the_first_record_that_is_not_done_ends_the_batch() -> None:
    seen: list[str] = []
    assert recorded(seen)(batch("a", "unfinished", "b"), Context()) == failures("unfinished")
    assert seen == ["a", "unfinished"]


def test_a_record_that_fails_is_logged_and_ends_the_batch_too() -> None:
    seen: list[str] = []
    with captured() as log:
        assert recorded(seen)(batch("broken", "a"), Context()) == failures("broken")
    assert seen == ["broken"]
    assert "ValueError" in log.lines[0]["exception"]


def test_the_deadline_is_lambdas() -> None:
    left: list[float] = []

    @table_handler
    def handler(key: ItemKey, deadline: Deadline) -> bool:
        left.append(deadline.remaining())
        return True

    handler(batch("a"), Context(seconds=30))
    assert 0 < left[0] <= 30
