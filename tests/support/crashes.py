"""A process dies at one of its requests to the table: nothing that it would do afterwards happens."""

from enum import StrEnum
from typing import Any

from botocore.exceptions import ReadTimeoutError

from agentos.store.transport.messages import Answer, Request
from tests.support.transport import Send, around, is_about_health


class Died(BaseException):
    """A BaseException, because `except Exception` must not catch the death of a process."""


class Moment(StrEnum):
    """The moment of the death within a request."""

    BEFORE = "before it is sent"
    UNANSWERED = "done, its answer never seen"
    AFTER = "done, its answer seen"


class Death:
    """Counts a client's requests, and ends its process at the `at`th; those about providers' health come as they like
    and do not count."""

    def __init__(self, client: Any, at: int, moment: Moment) -> None:
        self.requests: list[str] = []
        self._at, self._moment = at, moment
        self._dead = False
        around(client, self._send)

    def _send(self, request: Request, send: Send) -> Answer:
        if self._dead:
            raise Died
        if is_about_health(request):
            return send(request)
        self.requests.append(request.operation)
        last = len(self.requests) == self._at
        self._dead |= last and self._moment != Moment.AFTER
        if last and self._moment == Moment.BEFORE:
            raise Died
        answer = send(request)
        self._dead |= last
        if self._dead:
            raise Died
        return answer


def lose_answer(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind reach the table, but their answers are lost."""
    left = [operation] * times

    def lose(request: Request, send: Send) -> Answer:
        answer = send(request)
        if left:
            left.pop()
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        return answer

    around(client, lose, operation)
