"""Which targets are failing, known to every Lambda environment: one circuit per target.

Powertools' circuit breaker counts consecutive failures in each environment and shares the state through
the table: closed (asked freely), open (left alone for a while), half open (one caller tries, the others
wait). The healthy path writes nothing and reads each circuit at most once per cache period.

A circuit is named by its target and the provider's endpoint and key: with another key there is another circuit,
so that what was mended is asked at once.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.states import CircuitState

from agentos.domain import Circuit, Target
from agentos.kernel.clock import Clock
from agentos.kernel.errors import UpstreamError
from agentos.kernel.logs import logger
from agentos.routing.policy import POLICIES
from agentos.settings.loading import Settings

R = TypeVar("R")


class CircuitStore(Protocol):
    """A Powertools persistence layer that can also hold a circuit open, and close it out of turn."""

    def configure(self, config: CircuitBreakerConfig, circuit_name: str) -> None: ...
    def get_state(self, name: str) -> Any: ...
    def all(self) -> Iterable[Any]: ...
    def pause(self, name: str, opened_at: int) -> None: ...
    def close(self, name: str) -> None: ...


class CoolingDown(Exception):
    """The target is not to be asked now; perhaps another caller is trying it."""


class _Config(CircuitBreakerConfig):
    """Counts what the error table says is the target's fault."""

    def counts_as_failure(self, exception: Exception) -> bool:
        return isinstance(exception, UpstreamError) and POLICIES[exception.error_class].counts


class Health:
    """The circuits of all targets, by the model as it is written."""

    def __init__(self, circuits: CircuitStore, settings: Settings, clock: Clock) -> None:
        self._circuits: Any = circuits
        self._all_settings = settings
        self._settings = settings.health
        self._clock = clock
        self._config = _Config(
            failure_threshold=settings.health.failures,
            recovery_timeout=settings.health.pause_seconds,
            success_threshold=1,
            local_cache_max_age=settings.health.cache_seconds,
        )

    def cooling(self, model: str) -> float | None:
        """Seconds until the target may be asked again; None when it may be now."""
        name = self._circuit(model)
        self._circuits.configure(self._config, name)
        until = retry_at(self._circuits.get_state(name), self._settings.pause_seconds)
        left = 0 if until is None else until - self._clock.time()
        return left if left > 0 else None

    def not_closed(self) -> list[Circuit]:
        """Every circuit that is open or half open, as the table has it; none where it cannot be read.

        Circuits of a former endpoint or key are nobody's any more.
        """
        try:
            records = self._circuits.all()
        except Exception:  # whoever asks how things are is to get an answer
            logger.warning("circuits could not be read", exc_info=True)
            return []
        now = self._clock.time()
        named = ((_model(record.name), record) for record in records)
        untils = ((model, record, retry_at(record, self._settings.pause_seconds)) for model, record in named)
        return [
            Circuit(
                model=model,
                state="half-open" if record.state == CircuitState.HALF_OPEN else "open",
                retry_in_seconds=math.ceil(until - now),
            )
            for model, record, until in untils
            if until is not None and until > now and record.name == self._circuit(model)
        ]

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        """The call's result, counted for or against the target. Raises CoolingDown instead of calling."""
        name = self._circuit(target.model)
        if target.despite_health:
            result = call()
            self._circuits.close(name)
            return result
        breaker = circuit_breaker(name=name, persistence_store=self._circuits, config=self._config)
        try:
            guarded: R = breaker(call)()
            return guarded
        except CircuitBreakerOpenError as error:
            raise CoolingDown(target.model) from error
        except UpstreamError as error:
            # A probe that ends in the client's own mistake has been answered, and nobody else could close the circuit.
            if not POLICIES[error.error_class].counts and self._is_half_open(name):
                self._circuits.close(name)
            raise

    def _is_half_open(self, name: str) -> bool:
        return bool(self._circuits.get_state(name).state == CircuitState.HALF_OPEN)

    def pause(self, model: str, seconds: float) -> None:
        """Leave the target alone for as long as it asked; a longer pause that stands is not shortened."""
        bounded = min(seconds, self._settings.longest_pause_seconds)
        name = self._circuit(model)
        self._circuits.configure(self._config, name)
        self._circuits.pause(name, math.ceil(self._clock.time() + bounded) - self._settings.pause_seconds)

    def _circuit(self, model: str) -> str:
        provider = self._all_settings.providers.get(model.partition(":")[0])
        return f"{model} {provider.fingerprint}" if provider else model


def _model(circuit: str) -> str:
    """The model in a circuit's name; none has a space in it."""
    return circuit.partition(" ")[0]


def retry_at(record: Any, pause_seconds: int) -> int | None:
    """The moment (epoch seconds) from which a circuit's target is asked again; None for a closed one."""
    if record.state == CircuitState.OPEN and record.opened_at is not None:
        return int(record.opened_at) + pause_seconds
    if record.state == CircuitState.HALF_OPEN and record.probe_lease_expiry is not None:
        return int(record.probe_lease_expiry)
    return None
