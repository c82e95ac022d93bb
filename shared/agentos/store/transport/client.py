"""The client: encodes a request, sends it as often as the rules say, and decodes its answer."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from agentos import __version__
from agentos.store.transport import answers
from agentos.store.transport.connections import Connections
from agentos.store.transport.messages import Answer, Request, Transport
from agentos.store.transport.retries import TRANSIENT, Failure, Quota, may_succeed_later, pause
from agentos.store.transport.services import DYNAMODB, Service
from agentos.store.transport.signature import Credentials, Signer
from agentos.store.transport.skew import SkewedClock

ATTEMPTS = 3
"""How often a request is sent, the first time included."""

_USER_AGENT = f"agentos/{__version__}"


class Client:
    """A service's operations. Any number of threads may use it.

    `transport` sends each attempt. A test may replace it by one that wraps it.
    """

    def __init__(
        self, transport: Transport, attempts: int = ATTEMPTS, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.transport = transport
        self._attempts = attempts
        self._sleep = sleep
        self._quota = Quota()

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises ClientError where the service refuses, BotoCoreError where it does not answer.

        PartialAnswer, which is a BotoCoreError, says that an answer is not whole.
        """
        request = Request(operation, parameters)
        cost: int | None = None
        for attempt in itertools.count(1):
            try:
                answer = self.transport.send(request)
            except TRANSIENT as error:
                failure: Failure = error
            else:
                if answers.succeeded(answer):
                    found = answers.document(answer.headers, answer.body)
                    self._quota.give_back(cost)
                    return found
                failure = answers.refusal(operation, answer, attempt - 1)
            if attempt >= self._attempts or not may_succeed_later(failure):
                raise failure
            if (cost := self._quota.take(failure)) is None:
                raise failure
            self._sleep(pause(attempt))
        raise AssertionError("unreachable")


class SignedTransport:
    """Signs a request and sends it over a kept connection."""

    def __init__(
        self,
        connections: Connections,
        credentials: Callable[[], Credentials],
        region: str,
        clock: SkewedClock,
        service: Service = DYNAMODB,
    ) -> None:
        self._connections = connections
        self._credentials = credentials
        self._service = service
        self._signer = Signer(service.name, region)
        self._clock = clock

    def send(self, request: Request) -> Answer:
        """The answer. Where this machine's clock is wrong, it is corrected once, and the request is signed anew."""
        answer = self._send(request)
        return self._send(request) if self._clock.corrected(answer) else answer

    def _send(self, request: Request) -> Answer:
        headers = {
            "content-type": f"application/x-amz-json-{self._service.version}",
            "host": self._connections.host,
            "x-amz-target": f"{self._service.target}.{request.operation}",
        }
        path, now = self._connections.path, self._clock.time()
        signed = self._signer.signed(path, headers, request.body, self._credentials(), now)
        return self._connections.post({**signed, "user-agent": _USER_AGENT}, request.body)
