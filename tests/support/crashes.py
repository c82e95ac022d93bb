"""A process dies at one of its requests to the table: nothing that it would do afterwards happens."""

from enum import StrEnum
from typing import Any

from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session


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
        client.meta.events.register("before-send.dynamodb", self._send)
        client.meta.events.register("after-call.dynamodb", self._answered)

    def _send(self, request: Any, event_name: str, **_: Any) -> None:
        if self._dead:
            raise Died
        if b'"HEALTH"' in request.body:
            return
        self.requests.append(event_name.rpartition(".")[2])
        if len(self.requests) == self._at and self._moment != Moment.AFTER:
            self._dead = True
            if self._moment == Moment.UNANSWERED:
                deliver(request)
            raise Died

    def _answered(self, **_: Any) -> None:
        if len(self.requests) == self._at:
            self._dead = True
        if self._dead:
            raise Died


def lose_answer(client: Any, operation: str, times: int = 1) -> None:
    """The next requests of a kind reach the table, but their answers are lost."""
    left = [operation] * times

    def lose(request: Any, **_: Any) -> None:
        if left:
            left.pop()
            deliver(request)
            raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register(f"before-send.dynamodb.{operation}", lose)


def deliver(request: Any) -> None:
    """A request reaches the table, but its answer is lost."""
    session = URLLib3Session()
    session.send(request)
    session.close()
