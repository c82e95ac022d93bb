"""What the turns of some days would have cost at another model, from their records: no provider is asked."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from agentos.domain.recosting import RecostPage, page_of, recosted
from agentos.domain.usage_records import UsageRecord
from agentos.kernel.clock import Clock, timestamp
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import made_at_milliseconds
from agentos.settings.loading import Settings
from agentos.store import keys
from agentos.store.items import gone
from agentos.store.usage import UsageStore, usage_of

DAY = 24 * 3600 * 1000
"""Milliseconds."""

MAX_DAYS = 31
"""Each day takes eight requests, however few records it has."""

MAX_READ = 20_000
"""Records that are read for one page. They take about two seconds."""


class RecostQuery(NamedTuple):
    """Turns that began at `start` or later and before `end` (epoch milliseconds), of one agent or of all.

    `after`: the cursor of the page before.
    """

    start: int
    end: int
    model: str
    agent_id: str | None = None
    after: str | None = None


class Recosting:
    """What `POST /usage/what-if` reads."""

    def __init__(self, records: UsageStore, settings: Settings, clock: Clock, *, max_read: int = MAX_READ) -> None:
        self._records = records
        self._settings = settings
        self._clock = clock
        self._max_read = max_read

    def page(self, tenant: str, query: RecostQuery) -> RecostPage:
        """Of the records that one request may read. Raises InvalidRequest, Throttled, Unavailable."""
        if query.end - query.start > MAX_DAYS * DAY:
            raise InvalidRequest.of("from", f"must be at most {MAX_DAYS} days before to")
        settings = self._settings.of(tenant)
        if (provider := query.model.partition(":")[0]) not in settings.provider_names:
            raise InvalidRequest.of("model", f"there is no provider {provider!r}")
        facts = settings.target(query.model, "").facts
        after = None if query.after is None else keys.id_position(tenant, "turn", query.after)
        found = list(islice(self._read(tenant, query, after), self._max_read + 1))
        records = found[: self._max_read]
        turns = [
            (record.day, recosted(record, facts))
            for record in records
            if query.agent_id is None or record.agent_id == query.agent_id
        ]
        more = len(found) > len(records)
        return page_of(query.model, turns, keys.cursor(tenant, records[-1].turn_id) if more else None)

    def _read(self, tenant: str, query: RecostQuery, after: str | None) -> Iterator[UsageRecord]:
        """The records, day by day, from the one `after` on."""
        start = query.start if after is None else max(query.start, made_at_milliseconds(after) // DAY * DAY)
        now = self._clock.time()
        while start < query.end:
            until = min(query.end, (start // DAY + 1) * DAY)
            day = timestamp(start / 1000)[:10]
            for item in self._records.of_day(tenant, day, max(start, query.start), until, after):
                if not gone(item, now):
                    yield usage_of(item)
            start, after = until, None
