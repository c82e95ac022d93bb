"""Makes a query cost what it reads.

For every query ministack sorts the whole partition and evaluates the key condition for each of its items: with 20,000
messages in a session that takes a second. Here the partition is cut to the items that a query can reach, by bisection
over its sorted keys, before ministack's own code runs over them. Queries of any other form run as they are.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

Request = dict[str, Any]
Table = dict[str, Any]

CONDITION = re.compile(
    r"(?P<hash>\w+) = (?P<partition>:\w+)"
    r"(?: AND (?:(?P<between>\w+) BETWEEN (?P<first>:\w+) AND (?P<last>:\w+)"
    r"|begins_with\((?P<begins>\w+), (?P<prefix>:\w+)\)))?"
)
LAST_CHARACTER = "\U0010ffff"


def install() -> None:
    """Replace ministack's query by the faster one."""
    queries = Queries(dynamodb._query, dynamodb._evaluate_condition)
    dynamodb._query, dynamodb._evaluate_condition = queries.query, queries.evaluate


class Queries:
    """ministack's two functions, with less to do for them. Requests are handled one at a time."""

    def __init__(self, query: Callable[[Request], Any], evaluate: Callable[..., bool]) -> None:
        self._query = query
        self._evaluate = evaluate
        self._within_condition = False
        """Whether the query that runs sees only items that fulfil its key condition."""

    def query(self, request: Request) -> Any:
        """The response to a Query."""
        name = request.get("TableName")
        table = dynamodb._tables.get(name)
        items = reachable(table, request) if table else None
        if items is None:
            return self._query(request)
        dynamodb._tables[name] = {**table, "items": items}
        self._within_condition = True
        try:
            return self._query(request)
        finally:
            dynamodb._tables[name] = table
            self._within_condition = False

    def evaluate(self, expression: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> bool:
        """Whether an item fulfils a condition of that kind."""
        if self._within_condition and slot == "KeyConditionExpression":
            return True
        return self._evaluate(expression, item, values, names, slot)


def reachable(table: Table, request: Request) -> dict[str, dict[str, Any]] | None:
    """The items, by partition and sort key, among which the answer is; None where that is not known."""
    condition = CONDITION.fullmatch(request.get("KeyConditionExpression") or "")
    if not condition or request.get("IndexName") or not table["sk_name"]:
        return None
    sort_names = {condition["between"], condition["begins"]} - {None}
    if condition["hash"] != table["pk_name"] or not sort_names <= {table["sk_name"]}:
        return None
    try:
        partition = request["ExpressionAttributeValues"][condition["partition"]]["S"]
        items = table["items"].get(partition, {})
        keys = _page(_within(sorted(items), condition, request), table, request)
        return {partition: {key: items[key] for key in keys}}
    except (KeyError, TypeError):  # a malformed request, which ministack explains
        return None


def _within(keys: list[str], condition: re.Match[str], request: Request) -> list[str]:
    """Those of the sorted keys that the condition lets pass. Raises KeyError, TypeError."""
    values = request["ExpressionAttributeValues"]
    if condition["between"]:
        first, last = values[condition["first"]]["S"], values[condition["last"]]["S"]
    elif condition["begins"]:
        first = values[condition["prefix"]]["S"]
        last = first + LAST_CHARACTER
    else:
        return keys
    return keys[bisect_left(keys, first) : bisect_right(keys, last)]


def _page(keys: list[str], table: Table, request: Request) -> list[str]:
    """As many of the keys as one page may hold, from where it begins. Raises KeyError, TypeError."""
    forward, limit, start = (request.get(name) for name in ("ScanIndexForward", "Limit", "ExclusiveStartKey"))
    forward = forward is not False
    if start:
        after = start[table["sk_name"]]["S"]
        keys = keys[bisect_right(keys, after) :] if forward else keys[: bisect_left(keys, after)]
    if not isinstance(limit, int) or limit < 1:
        return keys
    return keys[:limit] if forward else keys[-limit:]
