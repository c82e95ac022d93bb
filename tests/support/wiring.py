"""Starts the composition root anew, as a new Lambda environment does."""

from aws_lambda_powertools.utilities.circuit_breaker import base as circuit_breaker

from agentos import wiring
from agentos.kernel.once import once
from tests.support.gateway import handler


def rewire() -> None:
    """Forget everything that was built, so that the environment is read again."""
    for client in (wiring.http_client.existing, wiring.public_http_client.existing):
        if client:
            client.close()
    for built in vars(wiring).values():
        if isinstance(built, once):
            built.forget()
    handler.cache_clear()
    _forget_failures()


def _forget_failures() -> None:
    """Powertools counts a circuit's failures in globals. A circuit's name holds the port of the upstream, and the
    kernel reuses ports: without this, a test would start with the count that another test left."""
    for counts in (
        circuit_breaker._LOCAL_FAILURES,
        circuit_breaker._LOCAL_SUCCESSES,
        circuit_breaker._LAST_OBSERVED_STATE,
    ):
        counts.clear()
