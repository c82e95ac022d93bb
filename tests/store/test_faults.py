"""Whatever the table answers, a call ends with one of our errors, and no log line quotes an item."""

from collections.abc import Callable

import pytest

from agentos.kernel.errors import ApiError, PayloadTooLarge, Throttled, Unavailable
from agentos.store.dynamodb import Table
from agentos.store.faults import Conflict, RequestRefused
from agentos.store.transport.connect import connect
from tests.store.conftest import Store
from tests.support.faults import FAULTS, Faults, cut, error, text
from tests.support.logs import captured

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
ITEM = {**KEY, "body": {"S": "a secret"}}

ALWAYS = 1000

Call = Callable[[Store], object]

CALLS: dict[str, Call] = {
    "GetItem": lambda store: store.table.get(KEY),
    "BatchGetItem": lambda store: store.table.get_many([KEY]),
    "PutItem": lambda store: store.table.put(ITEM),
    "UpdateItem": lambda store: store.table.update(KEY, "SET a = :a", "attribute_exists(pk)", {":a": {"S": "b"}}),
    "Query": lambda store: list(store.table.query("pk = :pk", {":pk": KEY["pk"]}, forward=True, page=1)),
    "TransactWriteItems": lambda store: store.table.transact([store.table.new(ITEM)], store.deadline(0)),
    "BatchWriteItem": lambda store: store.table.put_many([ITEM]),
}


@pytest.fixture
def faults(store: Store) -> Faults:
    return Faults(store.client)


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("fault", ["cut", "cut error", "a list", "page 200", "page 400", "access denied", "unknown"])
def test_a_request_that_the_table_does_not_answer_or_refuses_is_unavailable(
    store: Store, faults: Faults, operation: str, fault: str
) -> None:
    faults.inflict(FAULTS[fault], operation, ALWAYS)
    with captured() as log, pytest.raises(Unavailable) as caught:
        CALLS[operation](store)
    assert (caught.value.status, caught.value.code) == (503, "unavailable")
    assert int(caught.value.headers["retry-after"]) >= 1
    assert log.lines
    assert all("secret" not in str(line) and line["reason"] for line in log.lines)
    shown = caught.value if caught.value.__suppress_context__ else caught.value.__context__
    assert shown in (caught.value, None), "a traceback would show the table's own message"


@pytest.mark.parametrize("fault", ["nothing", "page 502", "no connection", "server error", "throttled"])
def test_requests_that_the_client_library_repeats_end_the_same_way(store: Store, faults: Faults, fault: str) -> None:
    faults.inflict(FAULTS[fault], "GetItem", ALWAYS)
    with captured() as log, pytest.raises(ApiError) as caught:
        CALLS["GetItem"](store)
    assert isinstance(caught.value, Throttled if fault == "throttled" else Unavailable)
    assert int(caught.value.headers["retry-after"]) >= 1
    assert "secret" not in log.getvalue()


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "PutItem", "Query", "BatchWriteItem"])
def test_a_request_whose_answer_is_cut_once_is_repeated(store: Store, faults: Faults, operation: str) -> None:
    """A repeated write finds that it is done. A cut answer to GetItem never means that the item is missing."""
    if operation in ("GetItem", "BatchGetItem", "Query"):
        store.table.put(ITEM)
    faults.inflict(cut, operation, 1)
    CALLS[operation](store)
    assert faults.left == 0
    assert store.table.get(KEY) == ITEM


@pytest.mark.parametrize("code", ["ValidationException", "SerializationException"])
def test_a_mistake_of_our_own_differs_from_trouble_of_the_table(store: Store, faults: Faults, code: str) -> None:
    faults.inflict(error(code), "GetItem", 1)
    with pytest.raises(RequestRefused, match=f"^GetItem: {code}$") as caught:
        CALLS["GetItem"](store)
    assert caught.value.__suppress_context__


def test_an_error_of_botocores_client_is_not_quoted(store: Store, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DYNAMODB_CLIENT", "botocore")
    with pytest.raises(RequestRefused, match=r"^PutItem: ParamValidationError$") as caught:
        Table(connect(), store.table_name).put({**KEY, "body": {"S": 5}})
    assert caught.value.__suppress_context__


def test_a_conflict_is_a_conflict(store: Store, faults: Faults) -> None:
    faults.inflict(error("TransactionConflictException"), "PutItem", 1)
    with pytest.raises(Conflict):
        CALLS["PutItem"](store)


def test_an_item_that_is_too_large_is_the_clients_error(store: Store) -> None:
    with pytest.raises(PayloadTooLarge):
        store.table.put({**KEY, "body": {"S": "x" * 500_000}})


@pytest.mark.parametrize("answer", [b"{}", b'{"Attributes": null}'])
@pytest.mark.parametrize("operation", ["UpdateItem", "Query", "BatchGetItem"])
def test_an_answer_without_its_result_is_incomplete(
    store: Store, faults: Faults, operation: str, answer: bytes
) -> None:
    faults.inflict(text(200, answer), operation, ALWAYS)
    with pytest.raises(Unavailable):
        CALLS[operation](store)
