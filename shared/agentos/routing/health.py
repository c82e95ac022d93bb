"""Which targets are failing, known to every Lambda environment: one circuit per target.

Powertools' circuit breaker counts consecutive failures in each environment and shares the state through the table:
closed (asked freely), open (asked last for a while), half open (one caller tries it, the others ask it last). While all
is well nothing is written, and each circuit is read at most once per cache period.

A circuit is named by its target and by the provider's endpoint and key. A new key or endpoint begins with a new
circuit, so that a target that was repaired is asked at once. A tenant's own key has circuits of its own: its failures
tell nothing of the server's key, nor of another tenant's.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.states import CircuitState

from agentos.domain import Circuit, CoolDown, Target
from agentos.domain.measures import measure
from agentos.kernel.clock import Clock
from agentos.kernel.errors import UpstreamError
from agentos.kernel.logs import logger
from agentos.routing.policy import POLICIES
from agentos.settings.loading import Settings

R = TypeVar("R")


class CircuitStore(Protocol):
    """A Powertools persistence layer that can also hold a circuit open, and close it at any time."""

    def configure(self, config: CircuitBreakerConfig, circuit_name: str) -> None: ...
    def get_state(self, name: str) -> Any: ...
    def all(self) -> Iterable[Any]: ...
    def pause(self, name: str, opened_at: int) -> None: ...
    def close(self, name: str) -> None: ...


class CoolingDown(Exception):
    """The target is not to be asked now: it is cooling down, or another caller is trying it."""


class _Config(CircuitBreakerConfig):
    """Counts what the error table says is the target's fault."""

    def counts_as_failure(self, exception: Exception) -> bool:
        return _counts(exception)


def _counts(error: Exception) -> bool:
    return isinstance(error, UpstreamError) and POLICIES[error.error_class].counts and not error.excused


class _Once(Generic[R]):
    """A call that is made at most once, whatever becomes of the bookkeeping around it."""

    def __init__(self, call: Callable[[], R]) -> None:
        self._call = call
        self._results: list[R] = []
        self.error: Exception | None = None

    def __call__(self) -> None:
        try:
            self._results.append(self._call())
        except Exception as error:
            self.error = error
            raise

    def result(self) -> R:
        """The call's result; it is made now if it has not been. Raises the call's error."""
        if self.error:
            raise self.error
        if not self._results:
            self()
        return self._results[0]


class Health:
    """The circuits of all targets, by the model as it is written."""

    def __init__(self, circuits: CircuitStore, settings: Settings, clock: Clock) -> None:
        self._circuits: Any = circuits
        self._configuration = settings
        self._settings = settings.health
        self._clock = clock
        self._config = _Config(
            failure_threshold=settings.health.failures,
            recovery_timeout=settings.health.pause_seconds,
            success_threshold=1,
            local_cache_max_age=settings.health.cache_seconds,
        )

    def cooling(self, model: str, settings: Settings | None = None) -> CoolDown | None:
        """How long the target is to be left alone, in whole seconds, so that equal pauses are equal a moment later.

        None when it may be asked now, or its circuit cannot be read. `settings` are a tenant's, else the server's.
        """
        name = self._circuit(model, settings)
        try:
            self._circuits.configure(self._config, name)
            record = self._circuits.get_state(name)
        except Exception:
            logger.warning("a circuit could not be read", exc_info=True)
            return None
        until = retry_at(record, self._settings.pause_seconds)
        left = 0 if until is None else math.ceil(until - self._clock.time())
        return CoolDown(left, _is_named(record)) if left > 0 else None

    def not_closed(self, settings: Settings | None = None) -> list[Circuit]:
        """Every circuit that is open or half open, as the table has it; none where it cannot be read.

        Circuits of a former endpoint or key are left out, and those of others than the tenant whose `settings` these
        are.
        """
        try:
            records = self._circuits.all()
        except Exception:  # the caller wants to know how things are and gets what there is
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
            if until is not None and until > now and record.name == self._circuit(model, settings)
        ]

    def guard(self, target: Target, call: Callable[[], R]) -> R:
        """The call's result, counted for or against the target. Raises CoolingDown instead of calling.

        A target that is asked although it is cooling down closes its circuit by an answer. Trouble with the circuits
        themselves is logged and changes nothing for the call.
        """
        name = self._circuit_of(target)
        if target.cooling is not None:
            result = call()
            self._quietly(self._circuits.close, name)
            return result
        once = _Once(call)
        breaker = circuit_breaker(name=name, persistence_store=self._circuits, config=self._config)
        try:
            breaker(once)()
        except CircuitBreakerOpenError as error:
            raise CoolingDown(target.model) from error
        except Exception as error:
            if error is not once.error:
                logger.warning("a circuit could not be kept", exc_info=True)
            elif not _counts(error):
                # The probe's caller is at fault, or chance is. Nobody else could close the circuit.
                self._quietly(self._close_half_open, name)
        return once.result()

    def pause(self, target: Target, seconds: float) -> None:
        """Leave the target alone for as long as it asked; a longer pause that stands is not shortened."""
        bounded = min(seconds, self._settings.longest_pause_seconds)
        name = self._circuit_of(target)
        self._circuits.configure(self._config, name)
        opened_at = math.ceil(self._clock.time() + bounded) - self._settings.pause_seconds
        self._quietly(self._circuits.pause, name, opened_at)

    def _close_half_open(self, name: str) -> None:
        if self._circuits.get_state(name).state == CircuitState.HALF_OPEN:
            self._circuits.close(name)

    def _quietly(self, keep: Callable[..., None], *arguments: Any) -> None:
        """Do some bookkeeping; its failure is logged, since it must not fail a turn."""
        try:
            keep(*arguments)
        except Exception:
            logger.warning("a circuit could not be kept", exc_info=True)

    def _circuit_of(self, target: Target) -> str:
        return target.average if target.account else self._circuit(target.model)

    def _circuit(self, model: str, settings: Settings | None = None) -> str:
        provider = (settings or self._configuration).providers.get(model.partition(":")[0])
        return f"{model} {provider.fingerprint}" if provider else model


def circuit_recorder(settings: Settings) -> Callable[[str, str], None]:
    """A function that measures the change of a circuit, of the name, to a state."""

    def record(name: str, state: str) -> None:
        model = settings.model_label(_model(name))
        labels = {"provider": model.partition(":")[0], "model": model, "state": state.lower()}
        measure({"CircuitTransitions": 1}, labels)

    return record


def _model(circuit: str) -> str:
    """The model in a circuit's name; none has a space in it."""
    return circuit.partition(" ")[0]


def _is_named(record: Any) -> bool:
    """Whether a circuit is open because the provider named a pause: no failure opened it."""
    return bool(record.state == CircuitState.OPEN and not record.failure_count)


def retry_at(record: Any, pause_seconds: int) -> int | None:
    """The moment (epoch seconds) from which a circuit's target is asked again; None for a closed one."""
    if record.state == CircuitState.OPEN and record.opened_at is not None:
        return int(record.opened_at) + pause_seconds
    if record.state == CircuitState.HALF_OPEN and record.probe_lease_expiry is not None:
        return int(record.probe_lease_expiry)
    return None
