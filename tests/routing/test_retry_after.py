"""How long to wait: every form in which a provider may say it, and values that mean nothing."""

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.routing.retry_after import wait_seconds

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("hint", "seconds"), [
    ("0", 0), ("1", 1), ("120", 120), ("1.5", 1.5), (" 7 ", 7), ("007", 7),
    ("-1", None), ("-0.001", None), ("nan", None), ("inf", None), ("1e999", None), ("", None), ("soon", None),
    ("1, 2", None), ("33s", None), ("1:30", None), ("\u0661\u0662", 12),
])  # fmt: skip
def test_seconds(hint: str, seconds: float | None) -> None:
    assert wait_seconds({"retry-after": hint}, NOW) == seconds


@pytest.mark.parametrize(("hint", "seconds"), [
    ("Sun, 22 Nov 2026 12:00:07 GMT", 7),
    ("Sun, 22 Nov 2026 13:00:07 +0100", 7),
    ("Sun, 22 Nov 2026 12:00:07 -0000", 7),
    ("Sunday, 22-Nov-26 12:00:07 GMT", 7),
    ("Sun Nov 22 12:00:07 2026", 7),
    ("Sun, 22 Nov 2026 12:00:00 GMT", 0),
    ("Sun, 22 Nov 2026 11:59:59 GMT", None),
    ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    ("Sun, 22 Nov 2026 25:61:00 GMT", None),
    ("Mon, 01 Jan 0000 00:00:00 GMT", None),
    ("2026-11-22T12:00:07Z", None),
])  # fmt: skip
def test_dates(hint: str, seconds: float | None) -> None:
    assert wait_seconds({"retry-after": hint}, NOW) == seconds


@pytest.fixture
def _far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_far_from_greenwich")
@pytest.mark.parametrize("hint", ["Sun Nov 22 12:00:07 2026", "Sun, 22 Nov 2026 12:00:07 -0000"])
def test_a_date_without_a_zone_is_in_utc_wherever_we_are(hint: str) -> None:
    assert wait_seconds({"retry-after": hint}, NOW) == 7


@pytest.mark.parametrize(("headers", "seconds"), [
    ({"retry-after-ms": "822"}, 0.822),
    ({"retry-after-ms": "822", "retry-after": "1"}, 0.822),
    ({"retry-after-ms": "0", "retry-after": "5"}, 0),
    ({"retry-after-ms": "-5", "retry-after": "2"}, 2),
    ({"retry-after-ms": "soon", "retry-after": "2"}, 2),
    ({"retry-after-ms": "soon"}, None),
    ({}, None),
    ({"x-ratelimit-reset-tokens": "5s"}, None),
])  # fmt: skip
def test_milliseconds_come_first_where_they_are_sound(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_seconds(headers, NOW) == seconds


def test_header_names_are_found_in_any_case() -> None:
    assert wait_seconds(httpx.Headers({"Retry-After": "3"}), NOW) == 3
    assert wait_seconds(httpx.Headers({"Retry-After-Ms": "30"}), NOW) == 0.03


@given(
    st.text(max_size=40) | st.from_regex(r"\A[A-Z][a-z]{2},? [0-9]{1,3}[ -][A-Z][a-z]{2}[ -][0-9]+ [0-9:]+ .{0,6}\Z")
)
def test_any_header_gives_a_valid_wait_or_none(hint: str) -> None:
    for name in ("retry-after", "retry-after-ms"):
        seconds = wait_seconds({name: hint}, NOW)
        assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9990, 1, 1), timezones=st.timezones()))
def test_a_date_means_the_moment_that_it_names(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    left = moment.timestamp() - NOW
    assert wait_seconds({"retry-after": format_datetime(moment)}, NOW) == (left if left >= 0 else None)
