"""One DynamoDB table in this process, behind a real client, without a socket. It can be reset to a snapshot.

For tests that make thousands of turns. It answers the requests that our stores make and raises KeyError or
NotImplementedError for any other. `tests/store` tests that DynamoDB itself answers them so.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from agentos.store.transport.messages import Answer, Request
from tests.support.transport import answer, refusal

Item = dict[str, Any]
Holds = Callable[[Item, Mapping[str, Any]], bool]
"""Whether a condition holds for an item, given the expression's values."""

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),+]|[\w.:#-]+)")


class Failed(Exception):
    """A request that DynamoDB refuses. `fields` are what its answer says besides the code."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code, self.fields = code, fields


class MemoryTable:
    """The table's items by key. No item is changed in place, so that a copy of `items` is a snapshot."""

    def __init__(self, client: Any) -> None:
        """Answers all requests of `client` in place of the network."""
        self.items: dict[tuple[str, str], Item] = {}
        self._operations: dict[str, Callable[..., Item]] = {
            "GetItem": self._get_item,
            "BatchGetItem": self._batch_get_item,
            "PutItem": self._put_item,
            "UpdateItem": self._update_item,
            "DeleteItem": self._delete_item,
            "BatchWriteItem": self._batch_write_item,
            "Query": self._query,
            "TransactWriteItems": self._transact_write_items,
        }
        client.transport = self

    def send(self, request: Request) -> Answer:
        """As the transport of a client."""
        try:
            return answer(200, self._operations[request.operation](**request.parameters))
        except Failed as failed:
            return refusal(failed.code, **failed.fields)

    def _get_item(self, Key: Item, **_: Any) -> Item:  # noqa: N803 - DynamoDB's names
        item = self.items.get(_id(Key))
        return {} if item is None else {"Item": dict(item)}

    def _batch_get_item(self, RequestItems: Any, **_: Any) -> Item:  # noqa: N803
        [(name, wanted)] = RequestItems.items()
        found = [dict(item) for key in wanted["Keys"] if (item := self.items.get(_id(key)))]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def _put_item(self, Item: Item, **request: Any) -> Item:  # noqa: N803
        _check(self.items.get(_id(Item)), request)
        self.items[_id(Item)] = dict(Item)
        return {}

    def _update_item(self, Key: Item, UpdateExpression: str, **request: Any) -> Item:  # noqa: N803
        before = self.items.get(_id(Key))
        _check(before, request)
        after = _update(UpdateExpression)(before or dict(Key), _values(request))
        self.items[_id(Key)] = after
        return {"Attributes": dict(after)}

    def _delete_item(self, Key: Item, **request: Any) -> Item:  # noqa: N803
        _check(self.items.get(_id(Key)), request)
        self.items.pop(_id(Key), None)
        return {}

    def _batch_write_item(self, RequestItems: Any, **_: Any) -> Item:  # noqa: N803
        [requests] = RequestItems.values()
        for request in requests:
            if "PutRequest" in request:
                self._put_item(request["PutRequest"]["Item"])
            else:
                self._delete_item(request["DeleteRequest"]["Key"])
        return {"UnprocessedItems": {}}

    def _query(self, KeyConditionExpression: str, ScanIndexForward: bool = True, **request: Any) -> Item:  # noqa: N803
        if "IndexName" in request or "ExclusiveStartKey" in request:
            raise NotImplementedError("an index, or a second page")
        holds, values = _condition(KeyConditionExpression), _values(request)
        found = [self.items[key] for key in sorted(self.items) if holds(self.items[key], values)]
        found = found if ScanIndexForward else found[::-1]
        return {"Items": [dict(item) for item in found]}

    def _transact_write_items(self, TransactItems: Any, **_: Any) -> Item:  # noqa: N803
        reasons: list[Item] = []
        for [(_, action)] in (one.items() for one in TransactItems):
            try:
                _check(self.items.get(_id(action.get("Key") or action["Item"])), action)
                reasons.append({"Code": "None"})
            except Failed as failed:
                reasons.append({"Code": "ConditionalCheckFailed", "Item": failed.fields.get("Item")})
        if any(reason["Code"] != "None" for reason in reasons):
            raise Failed("TransactionCanceledException", CancellationReasons=reasons)
        for [(kind, action)] in (one.items() for one in TransactItems):
            if kind == "Put":
                self.items[_id(action["Item"])] = dict(action["Item"])
            elif kind == "Update":
                before = self.items.get(_id(action["Key"])) or dict(action["Key"])
                self.items[_id(action["Key"])] = _update(action["UpdateExpression"])(before, _values(action))
            elif kind == "Delete":
                self.items.pop(_id(action["Key"]), None)
        return {}


def _id(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def _values(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values and attribute names of an expression's placeholders."""
    return {**request.get("ExpressionAttributeValues", {}), **request.get("ExpressionAttributeNames", {})}


def _check(item: Item | None, request: Mapping[str, Any]) -> None:
    condition = request.get("ConditionExpression")
    if condition and not _condition(condition)(item or {}, _values(request)):
        raise Failed("ConditionalCheckFailedException", **({"Item": dict(item)} if item else {}))


@cache
def _condition(text: str) -> Holds:
    tokens = _Tokens(text)
    holds = _either(tokens)
    tokens.end()
    return holds


class _Tokens:
    def __init__(self, text: str) -> None:
        self._left = _TOKEN.findall(text)

    def peek(self) -> str:
        return self._left[0] if self._left else ""

    def take(self, expected: str | None = None) -> str:
        token = self._left.pop(0)
        if expected and token != expected:
            raise NotImplementedError(f"{token} where {expected} is expected")
        return str(token)

    def end(self) -> None:
        if self._left:
            raise NotImplementedError(" ".join(self._left))


def _either(tokens: _Tokens) -> Holds:
    sides = [_both(tokens)]
    while tokens.peek() == "OR":
        tokens.take()
        sides.append(_both(tokens))
    return sides[0] if len(sides) == 1 else lambda item, values: any(side(item, values) for side in sides)


def _both(tokens: _Tokens) -> Holds:
    sides = [_one(tokens)]
    while tokens.peek() == "AND":
        tokens.take()
        sides.append(_one(tokens))
    return sides[0] if len(sides) == 1 else lambda item, values: all(side(item, values) for side in sides)


def _one(tokens: _Tokens) -> Holds:
    token = tokens.take()
    if token == "(":
        inner = _either(tokens)
        tokens.take(")")
        return inner
    if token == "NOT":
        denied = _one(tokens)
        return lambda item, values: not denied(item, values)
    if token in ("attribute_exists", "attribute_not_exists"):
        tokens.take("(")
        name = tokens.take()
        tokens.take(")")
        return lambda item, values: (_attribute(name, item, values) is not None) == (token == "attribute_exists")
    if token == "begins_with":
        tokens.take("(")
        name, _, prefix = tokens.take(), tokens.take(","), tokens.take()
        tokens.take(")")
        return lambda item, values: str(_plain(_attribute(name, item, values))).startswith(_plain(values[prefix]))
    return _comparison(token, tokens)


def _comparison(name: str, tokens: _Tokens) -> Holds:
    operator = tokens.take()
    if operator == "BETWEEN":
        low, _, high = tokens.take(), tokens.take("AND"), tokens.take()
        return lambda item, values: _ordered(_attribute(name, item, values), values[low], values[high])
    other = tokens.take()
    compare = _COMPARISONS[operator]

    def holds(item: Item, values: Mapping[str, Any]) -> bool:
        one, another = _attribute(name, item, values), _attribute(other, item, values)
        return one is not None and another is not None and compare(_plain(one), _plain(another))

    return holds


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _ordered(value: Any, low: Any, high: Any) -> bool:
    return value is not None and _plain(low) <= _plain(value) <= _plain(high)


def _attribute(name: str, item: Item, values: Mapping[str, Any]) -> Any:
    if name.startswith(":"):
        return values[name]
    return item.get(values[name] if name.startswith("#") else name)


def _plain(typed: Any) -> Any:
    [(kind, value)] = typed.items()
    return float(value) if kind == "N" else value


@cache
def _update(text: str) -> Callable[[Item, Mapping[str, Any]], Item]:
    """`SET a = :x, b = :y REMOVE c, d`"""
    sets: list[tuple[str, str]] = []
    removed: list[str] = []
    for keyword, names in _clauses(text):
        if keyword == "SET":
            sets += [(name.strip(), value.strip()) for name, _, value in (one.partition("=") for one in names)]
        elif keyword == "REMOVE":
            removed += names
        else:
            raise NotImplementedError(text)
    if not all(re.fullmatch(r":\w+", value) for _, value in sets):
        raise NotImplementedError(text)

    def updated(item: Item, values: Mapping[str, Any]) -> Item:
        changed = {values.get(name, name): values[value] for name, value in sets}
        gone = {values.get(name, name) for name in removed}
        return {name: value for name, value in {**item, **changed}.items() if name not in gone}

    return updated


def _clauses(text: str) -> Iterator[tuple[str, list[str]]]:
    parts = re.split(r"\b(SET|REMOVE|ADD|DELETE)\b", text)[1:]
    for keyword, rest in zip(parts[::2], parts[1::2], strict=True):
        yield keyword, [one.strip() for one in rest.split(",")]
