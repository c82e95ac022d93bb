"""`GET /usage`: its parameters, and its report as CSV."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agentos.api.request import CSV, Request
from agentos.api.response import TextResponse
from agentos.domain.callers import tenant_name
from agentos.domain.usage_sums import GROUPS, GroupName, UsageReport
from agentos.kernel.clock import Clock
from agentos.kernel.errors import Forbidden, InvalidRequest
from agentos.services.usage_reports import UsageQuery

PARAMETERS = ("from", "to", "groupBy", "tenant", "format")
DEFAULT_DAYS = 30

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the begin of a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""


def usage_query(request: Request, clock: Clock) -> UsageQuery:
    """What is asked for: by default the last 30 days, this one included, by day. Raises InvalidRequest."""
    start, end = time_asked(request.query.get("from"), request.query.get("to"), clock)
    return UsageQuery(start, end, _groups(request.query.get("groupBy")))


def time_asked(since: str | None, to: str | None, clock: Clock) -> tuple[int, int]:
    """Begin and end in epoch milliseconds; without any, the last 30 days, this one included. Raises InvalidRequest."""
    today = datetime.fromtimestamp(clock.time(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = _moment("to", to) or today + timedelta(days=1)
    start = _moment("from", since) or _days_before(end)
    if start >= end:
        raise InvalidRequest.of("from", "must be before to")
    return _milliseconds(start), _milliseconds(end)


def tenant_asked(request: Request) -> str:
    """Whose usage is asked for: the caller's own, or with the scope `admin` any tenant's.

    Raises Forbidden, InvalidRequest.
    """
    tenant = request.query.get("tenant", request.tenant)
    if tenant != request.tenant and not request.caller.may("admin"):
        raise Forbidden("The usage of other tenants takes the scope admin.", {"scope": "admin"})
    try:
        return tenant_name(tenant)
    except ValueError as error:
        raise InvalidRequest.of("tenant", str(error)) from error


def rendered_report(report: UsageReport, request: Request) -> UsageReport | TextResponse:
    """The report as JSON, or as CSV if the client wants that. Raises InvalidRequest."""
    if not request.wants_csv():
        return report
    return TextResponse(csv_of(report, _groups(request.query.get("groupBy"))), CSV)


def csv_of(report: UsageReport, groups: tuple[GroupName, ...]) -> str:
    """A line for each row, under a line of names. There is no line for the total (RFC 4180). CSV is UTF-8 (RFC 7111).

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    numbers = list(type(report.total).model_fields)
    header = [str(type(report.total).model_fields[name].alias) for name in numbers]
    writer.writerow([*groups, *header])
    for row in report.data:
        values = [getattr(row, name) for name in numbers]
        amounts = [f"{value:f}" if isinstance(value, Decimal) else value for value in values]
        writer.writerow([*(_text(getattr(row, name)) for name in groups), *amounts])
    return file.getvalue()


def _text(value: str | None) -> str:
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _moment(name: str, text: str | None) -> datetime | None:
    """A date, which is its midnight in UTC, or a time with its offset. Raises InvalidRequest."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or moment.timestamp() < 0:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        message = "must be a date such as 2026-11-27, or a time with its offset such as 2026-11-27T12:00:00Z"
        raise InvalidRequest.of(name, message) from None


def _days_before(end: datetime) -> datetime:
    """The begin of the time that is asked for by default."""
    try:
        return end - timedelta(days=DEFAULT_DAYS)
    except OverflowError:
        raise InvalidRequest.of("to", "is too early") from None


def _milliseconds(moment: datetime) -> int:
    """Since the epoch. A part of a millisecond is left out."""
    return max(0, int(moment.timestamp() * 1000))


def _groups(text: str | None) -> tuple[GroupName, ...]:
    if text is None:
        return ("day",)
    names = [name.strip() for name in text.split(",")]
    if not text.strip() or len(set(names)) < len(names) or not set(names) <= set(GROUPS):
        raise InvalidRequest.of("groupBy", f"must be some of {', '.join(GROUPS)}, separated by commas")
    return tuple(name for name in GROUPS if name in names)
