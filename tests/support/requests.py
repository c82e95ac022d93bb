"""A DynamoDB client's requests, counted where botocore sends them."""

from collections import Counter
from typing import Any


class Requests:
    """Counts a client's calls by operation, and the successful ones among them."""

    def __init__(self, client: Any) -> None:
        self.sent: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()
        client.meta.events.register("before-call.dynamodb.*", self._before)
        client.meta.events.register("after-call.dynamodb.*", self._after)

    def clear(self) -> None:
        self.sent.clear()
        self.succeeded.clear()

    @property
    def writes(self) -> int:
        """Requests that write, whether or not their condition held."""
        return sum(number for name, number in self.sent.items() if name not in ("GetItem", "Query", "BatchGetItem"))

    def _before(self, model: Any, **_: Any) -> None:
        self.sent[model.name] += 1

    def _after(self, model: Any, http_response: Any, **_: Any) -> None:
        self.succeeded[model.name] += http_response.status_code == 200
