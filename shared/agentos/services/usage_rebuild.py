"""Computes the sums of a tenant's day anew from the records of its usage, and puts right what differs.

It is safe while turns go on. What is not counted yet is counted as the stream's function counts it, once. Then each sum
is read before and after the records: where it has not changed in between, it must be the sum of all records with the
mark `counted`. It is replaced only if it has not changed since. The sums that did change are looked at again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agentos.domain.usage_records import UsageRecord
from agentos.domain.usage_sums import NOTHING, Sums
from agentos.kernel.clock import Clock, Deadline, epoch
from agentos.kernel.errors import Unavailable
from agentos.store.items import Item, gone
from agentos.store.pages import chunks
from agentos.store.usage import DAY_SECONDS, UsageStore, usage_of
from agentos.store.usage_totals import FAMILIES, Place, StoredSums, UsageTotals, sums_of

PASSES = 5
"""How often the sums of a day are looked at that turns change meanwhile."""

BATCH = 500
"""Records that are counted together, in transactions of about fifty."""

WRITE_SECONDS = 30.0


class Correction(NamedTuple):
    """A sum that was wrong."""

    place: Place
    before: Sums
    after: Sums


class DayRebuilt(NamedTuple):
    """What became of a day. `unsettled`: sums that kept changing, so that nothing can be said of them."""

    day: str
    records: int
    counted: int
    corrections: tuple[Correction, ...] = ()
    unsettled: tuple[Place, ...] = ()
    unreadable: int = 0


@dataclass
class _Recorded:
    """The records of a day: how many there are, how many of them cannot be read, and the sums of those counted."""

    records: int = 0
    unreadable: int = 0
    sums: dict[Place, Sums] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        self.records += 1
        try:
            record: UsageRecord = usage_of(item)
        except Unavailable:
            self.unreadable += 1
            return
        if "counted" in item:
            for place, sums in sums_of([record]).items():
                self.sums[place] = self.sums.get(place, NOTHING) + sums


class UsageRebuild:
    """What `make usage-rebuild` does."""

    def __init__(self, records: UsageStore, totals: UsageTotals, clock: Clock) -> None:
        self._records = records
        self._totals = totals
        self._clock = clock

    def day(self, tenant: str, day: str, between: Callable[[], object] = lambda: None) -> DayRebuilt:
        """Rebuild the sums of a date of UTC. `between` is called each time that the records have been read.

        Raises Throttled, Unavailable; the day can then be rebuilt again.
        """
        counted = self._count(tenant, day)
        corrections: list[Correction] = []
        for _ in range(PASSES):
            before = self._sums(tenant, day)
            recorded = self._read(tenant, day)
            between()
            after = self._sums(tenant, day)
            if recorded.unreadable:  # the sums may well hold what this version cannot read
                return DayRebuilt(day, recorded.records, counted, unreadable=recorded.unreadable)
            unsettled = self._correct(before, recorded.sums, after, corrections)
            if not unsettled:
                break
        return DayRebuilt(day, recorded.records, counted, tuple(corrections), tuple(unsettled))

    def _count(self, tenant: str, day: str) -> int:
        """Count what the stream has not counted, and perhaps never will."""
        items = (item for item in self._items(tenant, day) if "counted" not in item)
        deadline = Deadline.after(WRITE_SECONDS, self._clock)
        return sum(self._totals.count(chunk, deadline) for chunk in chunks(items, BATCH))

    def _items(self, tenant: str, day: str) -> Iterator[Item]:
        start, now = _number(day) * DAY_SECONDS * 1000, self._clock.time()
        found = self._records.of_day(tenant, day, start, start + DAY_SECONDS * 1000)
        return (item for item in found if not gone(item, now))

    def _read(self, tenant: str, day: str) -> _Recorded:
        recorded = _Recorded()
        for item in self._items(tenant, day):
            recorded.add(item)
        return recorded

    def _sums(self, tenant: str, day: str) -> dict[Place, StoredSums]:
        end, now = f"{day}~", self._clock.time()  # "~" comes after "#"
        return {
            Place(tenant, family, stored.group): stored
            for family in FAMILIES
            for stored in self._totals.read(tenant, family, day, end, now)
        }

    def _correct(
        self,
        before: Mapping[Place, StoredSums],
        right: Mapping[Place, Sums],
        after: Mapping[Place, StoredSums],
        corrections: list[Correction],
    ) -> list[Place]:
        """Replace the sums that are wrong. Returns those that have changed meanwhile."""
        unsettled = []
        for place in before.keys() | right.keys() | after.keys():
            none = StoredSums(place.group, NOTHING, 0)
            stored, wanted = after.get(place, none), right.get(place, NOTHING)
            if before.get(place, none).version != stored.version:
                unsettled.append(place)
            elif stored.sums != wanted:
                fixed, expires_at = stored._replace(sums=wanted), self._records.expires_at(_number(place.day))
                if self._totals.write(place, fixed, expires_at):
                    corrections.append(Correction(place, stored.sums, wanted))
                else:
                    unsettled.append(place)
        return unsettled


def _number(day: str) -> int:
    """The date in days since the epoch."""
    return round(epoch(f"{day}T00:00:00+00:00")) // DAY_SECONDS
