"""Lambda environments that share a table. Each caches circuits by itself, and all have one clock."""

import itertools
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from agentos.domain import Target
from agentos.kernel.clock import Clock
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.routing.health import CoolingDown, Health
from agentos.store.circuits import Circuits
from tests.support.settings import settings_of

PROVIDERS = {name: {"format": "openai", "endpoint": f"http://{name}"} for name in ("a", "b", "primary")}
FAILURES, PAUSE, CACHE, LONGEST = 3, 30, 5, 3600
_NUMBERS = itertools.count()


def a_target(provider: str = "a") -> Target:
    """A target that no other test uses: Powertools counts failures per process, by name."""
    name = f"m{next(_NUMBERS)}"
    return Target(model=f"{provider}:{name}", provider=provider, upstream_model=name, reason="test")


def environment(client: Any, table_name: str, key: str = "key-0123456789", **health: Any) -> Health:
    """A fresh one."""
    sections = {"failures": FAILURES, "pauseSeconds": PAUSE, "cacheSeconds": CACHE, "longestPauseSeconds": LONGEST}
    keys = {f"{name.upper()}_API_KEY": key for name in PROVIDERS}
    settings = settings_of(PROVIDERS, environment=keys, health={**sections, **health})
    return Health(Circuits(client, table_name), settings, Clock())


def answers() -> str:
    return "an answer"


def fails(error_class: ErrorClass = ErrorClass.SERVER, headers: Mapping[str, str] | None = None) -> Any:
    def call() -> str:
        raise UpstreamError(error_class, "scripted", headers=headers or {})

    return call


def ask(health: Health, target: Target, call: Any = answers) -> str:
    """How a call ended: the answer, the error class, or `cooling`."""
    try:
        return health.guard(target, call)
    except UpstreamError as error:
        return str(error.error_class)
    except CoolingDown:
        return "cooling"


def ask_elsewhere(health: Health, target: Target) -> str:
    """The same from another thread: Powertools identifies the caller that probes a circuit by its thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ask, health, target).result()


def rest(health: Health, target: Target) -> float | None:
    """Seconds that the target still cools down."""
    cooling = health.cooling(target.model)
    return None if cooling is None else cooling.seconds


def open_circuit(health: Health, target: Target) -> None:
    for _ in range(FAILURES):
        ask(health, target, fails())
