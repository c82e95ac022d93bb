"""Reports of usage: whole days from the sums, parts of days from the records themselves."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from agentos.domain.usage_sums import Group, GroupName, Sums, UsageReport, contributions, only, report, summed
from agentos.kernel.clock import Clock, timestamp
from agentos.kernel.errors import InvalidRequest
from agentos.store.items import gone
from agentos.store.usage import UsageStore, usage_of
from agentos.store.usage_totals import Family, UsageTotals

T = TypeVar("T")

DAY = 24 * 3600 * 1000
"""Milliseconds."""

MAX_READ = 50_000
"""Records or sums that are read for a report. They take about five seconds."""

MAX_BYTES = 3_000_000
"""A report's size. Lambda answers with 6 MB at most, in which a quote of our JSON takes two bytes.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

NUMBERS_BYTES = 500
"""The most that a row takes besides the values of its group."""


class UsageQuery(NamedTuple):
    """The usage of turns that began at `start` or later and before `end` (epoch milliseconds), by these groups."""

    start: int
    end: int
    group_by: tuple[GroupName, ...]


class UsageReports:
    """What `GET /usage` reads."""

    def __init__(
        self,
        records: UsageStore,
        totals: UsageTotals,
        clock: Clock,
        *,
        max_read: int = MAX_READ,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._max_read = max_read
        self._max_bytes = max_bytes
        self._records = records
        self._totals = totals
        self._clock = clock

    def report(self, tenant: str, query: UsageQuery) -> UsageReport:
        """The tenant's usage. Raises InvalidRequest where it is too much for one report, Throttled, Unavailable."""
        parts = _bounded(self._parts(tenant, query), self._max_read)
        sums = summed((only(group, query.group_by), sums) for part in parts for group, sums in part)
        if sum(map(_bytes, sums)) > self._max_bytes:
            raise _too_much(f"The report would be larger than {self._max_bytes:,} bytes")
        return report(sums, query.group_by)

    def _parts(self, tenant: str, query: UsageQuery) -> Iterator[list[tuple[Group, Sums]]]:
        """What each record, or each stored sum, adds."""
        first_day, last_day = -(-query.start // DAY) * DAY, query.end // DAY * DAY
        if first_day >= last_day:  # no whole day
            yield from self._from_records(tenant, query.start, query.end)
            return
        yield from self._from_records(tenant, query.start, first_day)
        family: Family = "users" if "user" in query.group_by else "totals"
        for stored in self._totals.read(tenant, family, _date(first_day), _date(last_day), self._clock.time()):
            yield [(stored.group, stored.sums)]
        yield from self._from_records(tenant, last_day, query.end)

    def _from_records(self, tenant: str, start: int, end: int) -> Iterator[list[tuple[Group, Sums]]]:
        now = self._clock.time()
        while start < end:  # parts of two days at most
            until = min(end, (start // DAY + 1) * DAY)
            for item in self._records.of_day(tenant, _date(start), start, until):
                if not gone(item, now):
                    yield list(contributions(usage_of(item)).items())
            start = until


def _bounded(parts: Iterator[T], most: int) -> Iterator[T]:
    """All of them. Raises InvalidRequest for more than `most`."""
    for number, part in enumerate(parts, start=1):
        if number > most:
            raise _too_much(f"The report needs more than {most:,} records or sums")
        yield part


def _too_much(what: str) -> InvalidRequest:
    advice = "ask for a shorter time or fewer groups; whole days are read from sums, parts of days record by record"
    message = f"{what}: {advice}."
    return InvalidRequest(message, {"errors": [{"field": "from", "message": message}]})


def _bytes(group: Group) -> int:
    """What a row takes at most."""
    return NUMBERS_BYTES + sum(len(value.encode()) for value in group if value)


def _date(milliseconds: int) -> str:
    return timestamp(milliseconds / 1000)[:10]
