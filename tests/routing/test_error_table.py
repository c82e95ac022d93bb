"""Each row of the design's error table against each wire format: who is called, how long it takes, which error is
reported.

Runs through the real adapters and the real HTTP client. `wire_formats.py` has each format's replies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine

from agentos.domain import CoolDown
from agentos.kernel.errors import (
    ApiError,
    ContentFiltered,
    ContextLengthExceeded,
    ErrorClass,
    ProviderRejected,
    UpstreamFailed,
)
from agentos.routing.policy import BACKOFF_SECONDS
from tests.routing.environments import FAILURES, environment
from tests.routing.matrix import EACH, FALLBACK, PRIMARY, Cell, Network, trace
from tests.routing.wire_formats import FORMATS, Behaviour, Reply, forms


@dataclass(frozen=True)
class Row:
    """`again`: calls of the primary with a fallback left, and without one. `pause`: seconds before the second call."""

    again: tuple[int, int]
    falls_back: bool
    counts: bool
    reported: type[ApiError] = UpstreamFailed
    pause: float = 0.0


TABLE = {
    ErrorClass.AUTH: Row((1, 1), True, True),
    ErrorClass.QUOTA: Row((1, 1), True, True),
    ErrorClass.RATE_LIMITED: Row((1, 1), True, True),  # without a usable hint. For hints, see below.
    ErrorClass.TIMEOUT: Row((1, 2), True, True),
    ErrorClass.CONNECT: Row((2, 2), True, True, pause=BACKOFF_SECONDS),
    ErrorClass.SERVER: Row((2, 2), True, True, pause=BACKOFF_SECONDS),
    ErrorClass.BAD_RESPONSE: Row((1, 1), True, True),
    ErrorClass.MODEL_NOT_FOUND: Row((1, 1), True, True),
    ErrorClass.CONTEXT_LENGTH: Row((1, 1), True, False, ContextLengthExceeded),
    ErrorClass.CONTENT_FILTER: Row((1, 1), False, False, ContentFiltered),
    ErrorClass.REJECTED: Row((1, 1), True, False, ProviderRejected),
}

NOW = 1_795_348_800

CELLS = [
    pytest.param(name, error_class, form, id=f"{name}-{error_class}-{number}")
    for name in FORMATS
    for error_class in TABLE
    for number, form in enumerate(forms(name, error_class))
]
FIRST_CELLS = [cell for cell in CELLS if str(cell.id).endswith("-0")]


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.http.close()


def failed(calls: int, error_class: ErrorClass, form: Behaviour) -> list[tuple[str, str, int | None, int]]:
    """The trace of so many failed calls of the primary."""
    return [(PRIMARY, str(error_class), form.status, round(EACH * 1000))] * calls


def test_every_row_has_every_wire_format() -> None:
    assert set(TABLE) == set(ErrorClass)
    assert len(FIRST_CELLS) == len(TABLE) * len(FORMATS)


@pytest.mark.parametrize(("name", "error_class", "form"), CELLS)
def test_with_a_fallback(network: Network, name: str, error_class: ErrorClass, form: Behaviour) -> None:
    row = TABLE[error_class]
    cell = Cell(network, name, [form])
    calls = row.again[0]
    if row.falls_back:
        outcome = cell.run(FALLBACK)
        assert outcome.completion.text == "An answer."
        assert cell.called == ["primary"] * calls + ["fallback"]
        assert trace(outcome.attempts) == [*failed(calls, error_class, form), (FALLBACK, "ok", 200, 300)]
    else:
        with pytest.raises(row.reported) as caught:
            cell.run(FALLBACK)
        assert cell.called == ["primary"] * calls
        assert trace(caught.value.details["attempts"]) == failed(calls, error_class, form)
    assert network.clock.passed == pytest.approx(EACH * len(cell.called) + row.pause * (calls - 1))


@pytest.mark.parametrize(("name", "error_class", "form"), CELLS)
def test_alone(network: Network, name: str, error_class: ErrorClass, form: Behaviour) -> None:
    row = TABLE[error_class]
    cell = Cell(network, name, [form])
    calls = row.again[1]
    with pytest.raises(ApiError) as caught:
        cell.run()
    assert type(caught.value) is row.reported
    assert cell.called == ["primary"] * calls
    assert trace(caught.value.details["attempts"]) == failed(calls, error_class, form)
    assert network.clock.passed == pytest.approx(EACH * calls + row.pause * (calls - 1))


@pytest.mark.parametrize(("name", "error_class", "form"), CELLS)
def test_once_and_then_well(network: Network, name: str, error_class: ErrorClass, form: Behaviour) -> None:
    """A second call of the same target answers where the table allows one."""
    row = TABLE[error_class]
    cell = Cell(network, name, [form, FORMATS[name].answer])
    if row.again[1] == 2:
        assert trace(cell.run().attempts) == [*failed(1, error_class, form), (PRIMARY, "ok", 200, 300)]
    else:
        with pytest.raises(row.reported):
            cell.run()
        assert cell.called == ["primary"]


@pytest.mark.parametrize(("name", "error_class", "form"), [c for c in CELLS if not TABLE[c.values[1]].falls_back])
def test_classes_that_fall_back_only_if_the_agent_says_so(
    network: Network, name: str, error_class: ErrorClass, form: Behaviour
) -> None:
    cell = Cell(network, name, [form])
    outcome = cell.run(FALLBACK, also_on=(str(error_class),))
    assert trace(outcome.attempts) == [*failed(1, error_class, form), (FALLBACK, "ok", 200, 300)]


@pytest.mark.parametrize(("name", "error_class", "form"), FIRST_CELLS)
def test_counts_against_health(
    network: Network, client: Any, table_name: str, name: str, error_class: ErrorClass, form: Behaviour
) -> None:
    # Powertools counts per process and by name: each case has its own key, and so a new circuit.
    health = environment(client, table_name, key=f"key-of-{name}-{error_class}-{table_name}")
    with time_machine.travel(NOW, tick=False):
        for _ in range(FAILURES):
            with pytest.raises(ApiError):
                Cell(network, name, [form], health).run()
        cooling = health.cooling(PRIMARY) is not None
    assert cooling is TABLE[error_class].counts


@pytest.mark.parametrize("name", FORMATS)
def test_without_a_key(network: Network, name: str) -> None:
    cell = Cell(network, name, [FORMATS[name].answer])
    outcome = cell.run(FALLBACK, PRIMARY_API_KEY="")
    assert cell.called == ["fallback"]
    assert trace(outcome.attempts) == [(FALLBACK, "ok", 200, 300)]
    assert [skip.reason for skip in outcome.skipped] == ["not_configured: PRIMARY_API_KEY is not set"]


# --- waits --------------------------------------------------------------------------------------


GOOGLES_WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}

WAITS = [
    ({"retry-after": "2"}, 2.0),
    ({"retry-after": "0"}, 0.0),
    ({"retry-after-ms": "250"}, 0.25),
    ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
    ({"retry-after": "Sun, 22 Nov 2026 12:00:05 GMT"}, 4.7),  # the call took 0.3 s
    ({"retry-after": "600"}, None),
    ({"retry-after": "18"}, None),  # 25.7 s are left, 8 of them for the fallback
    ({"retry-after": "-5"}, None),
    ({"retry-after": "a while"}, None),
    ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, None),
    ({}, None),
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("headers", "wait"), WAITS)
def test_a_rate_limit_is_waited_for_if_the_wait_is_named_and_fits(
    network: Network, name: str, headers: dict[str, str], wait: float | None
) -> None:
    cell = Cell(network, name, [Reply(429, "", headers)])
    outcome = cell.run(FALLBACK)
    calls = 1 if wait is None else 2
    assert cell.called == ["primary"] * calls + ["fallback"]
    assert network.clock.slept == pytest.approx([] if wait is None else [wait])
    assert network.clock.passed == pytest.approx(EACH * len(cell.called) + (wait or 0))
    assert outcome.attempts[-1].outcome == "ok"


def test_gemini_names_its_wait_in_the_body(network: Network) -> None:
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [GOOGLES_WAIT]}}
    cell = Cell(network, "gemini", [Reply(429, body), FORMATS["gemini"].answer])
    assert [one.outcome for one in cell.run(FALLBACK).attempts] == ["rate_limited", "ok"]
    assert network.clock.slept == [2.5]


@pytest.mark.parametrize("name", FORMATS)
def test_of_several_waits_the_latest_counts(network: Network, client: Any, table_name: str, name: str) -> None:
    """The target asks for one second, and then for ten minutes. The ten minutes count for every client."""
    health = environment(client, table_name, key=f"key-of-{table_name}")
    with time_machine.travel(NOW, tick=False):
        script = [Reply(429, "", {"retry-after": "1"}), Reply(429, "", {"retry-after": "600"})]
        cell = Cell(network, name, script, health)
        assert cell.run(FALLBACK).attempts[-1].outcome == "ok"
        assert cell.called == ["primary", "primary", "fallback"]
        assert health.cooling(PRIMARY) == CoolDown(600, named=True)
