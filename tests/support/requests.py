"""A DynamoDB client's requests, counted where its transport sends them."""

from collections import Counter
from typing import Any

from agentos.store.transport.messages import Answer, Request
from tests.support.transport import Send, around


class Requests:
    """Counts a client's requests by operation, and the successful ones among them."""

    def __init__(self, client: Any) -> None:
        self.sent: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()
        around(client, self._send)

    def clear(self) -> None:
        self.sent.clear()
        self.succeeded.clear()

    @property
    def writes(self) -> int:
        """Requests that write, whether or not their condition held."""
        return sum(number for name, number in self.sent.items() if name not in ("GetItem", "Query", "BatchGetItem"))

    def _send(self, request: Request, send: Send) -> Answer:
        self.sent[request.operation] += 1
        answer = send(request)
        self.succeeded[request.operation] += answer.status == 200
        return answer
