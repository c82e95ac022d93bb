"""How long a provider asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date."""

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime


def wait_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from `now` (epoch); None where there is no usable hint (absent, negative, past, garbage)."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    hint = headers.get("retry-after")
    seconds = _number(hint)
    return seconds if seconds is not None else _until(hint, now)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str | None, now: float) -> float | None:
    """RFC 9110's HTTP-date, in any of its three forms."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # asctime's form says no zone and means UTC
        moment = moment.replace(tzinfo=UTC)
    seconds = moment.timestamp() - now
    return seconds if seconds >= 0 else None
