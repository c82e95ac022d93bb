"""Wraps a DynamoDB client's transport, which sends each attempt of a request: to count requests and to cause faults."""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.store.transport.messages import Answer, Request, encode

Send = Callable[[Request], Answer]
Around = Callable[[Request, Send], Answer]
Undo = Callable[[], None]


class Wrapped:
    """A transport around another one. It passes requests on once it is switched off."""

    def __init__(self, inner: Any, around: Around, operations: tuple[str, ...]) -> None:
        self._inner = inner
        self._around = around
        self._operations = operations
        self.on = True

    def send(self, request: Request) -> Answer:
        if self.on and (not self._operations or request.operation in self._operations):
            return self._around(request, self._inner.send)
        answer: Answer = self._inner.send(request)
        return answer

    def undo(self) -> None:
        self.on = False


def around(client: Any, work: Around, *operations: str) -> Undo:
    """`work` sends the client's requests from now on, of these operations or of all. Returns what ends it."""
    client.transport = wrapped = Wrapped(client.transport, work, operations)
    return wrapped.undo


def before(client: Any, work: Callable[[Request], Answer | None], *operations: str) -> Undo:
    """Call `work` before a request is sent. An answer that it returns stands for the table's."""
    return around(client, lambda request, send: work(request) or send(request), *operations)


def after(client: Any, work: Callable[[Request, Answer], object], *operations: str) -> Undo:
    """Call `work` after a request was answered."""

    def both(request: Request, send: Send) -> Answer:
        answer = send(request)
        work(request, answer)
        return answer

    return around(client, both, *operations)


def answer(status: int, document: Mapping[str, Any]) -> Answer:
    """An answer of DynamoDB's without a checksum."""
    return Answer(status, {}, encode(document))


def refusal(code: str, status: int = 400, **fields: Any) -> Answer:
    """DynamoDB refuses with this code."""
    named = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code}
    return answer(status, {**named, **fields})


def is_about_health(request: Request) -> bool:
    """Requests about circuits and latencies come when they like."""
    return b'"HEALTH"' in request.body


def at(client: Any, operation: str, moment: str, work: Callable[[], object]) -> None:
    """Call `work` once, `before` or `after` the client's next request of a kind."""
    left = [work]

    def once(*_: object) -> None:
        if left:
            left.pop()()

    {"before": before, "after": after}[moment](client, once, operation)
