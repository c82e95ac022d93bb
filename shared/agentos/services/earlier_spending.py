"""What was spent before a budget was there: it counts, too, as far as it was in the budget's period.

A turn that had begun by then, or begins where the budget is not known yet, has no reserve. Its usage record says so. So
what such turns have cost is a sum over records, which is computed again as long as they may still end.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from agentos.domain.budgets import NOTHING, Amount
from agentos.domain.usage_records import UsageRecord
from agentos.kernel.clock import Clock, Deadline, timestamp
from agentos.services.known_budgets import KNOWN_SECONDS
from agentos.settings.schema import Limits
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.lanes import LaneStore
from agentos.store.usage import DAY_SECONDS, UsageStore, usage_of

SLACK_SECONDS = 60.0
"""For clocks that differ, and for records that are written late."""

DAYS_AT_ONCE = 16
"""Days whose records are read at the same time."""


class EarlierSpending:
    """Sums over records of turns without a reserve."""

    def __init__(
        self, records: UsageStore, lanes: LaneStore, budgets: BudgetStore, limits: Limits, clock: Clock
    ) -> None:
        self._records = records
        self._lanes = lanes
        self._budgets = budgets
        self._clock = clock
        self._kept_days = limits.usage_record_days
        self._longest = max(limits.turn_seconds, limits.streamed_turn_seconds, limits.long_turn_seconds) + SLACK_SECONDS

    def until(self, tenant: str, scope: str, start: float, now: float) -> tuple[Amount, Amount]:
        """What turns since `start` have cost: of those that have ended for certain, and of all.

        Raises Throttled, Unavailable.
        """
        ended = max(start, now - self._longest)
        before = _sum(scope, self._between(tenant, start, ended)) if ended > start else NOTHING
        return before, before.plus(_sum(scope, self._between(tenant, ended, now)))

    def catch_up(self, budget: Budget, deadline: Deadline) -> None:
        """Count the turns without a reserve that have ended since. Raises LedgerGone, Throttled, Unavailable."""
        now, last = self._clock.time(), budget.since + KNOWN_SECONDS + self._longest + SLACK_SECONDS
        period = self._lanes.in_one_period(budget.ledger, deadline)[0].period
        begin = max(period, budget.since - self._longest)
        records = self._between(budget.tenant, begin, min(now, last)) if begin < min(now, last) else ()
        recent = _sum(budget.scope, (record for record in records if not _has_reserve(record, budget)))
        if period == budget.ledger.start(budget.since):
            recent = recent.plus(budget.before).minus(budget.counted)
        self._lanes.set_earlier(budget.ledger, period, recent, deadline)
        if now >= last:
            self._budgets.settle(budget)

    def _between(self, tenant: str, begin: float, end: float) -> Iterator[UsageRecord]:
        """The records of turns that began from `begin` on and before `end`, in epoch seconds and in no order."""
        begin = max(begin, end - (self._kept_days + 1) * DAY_SECONDS)
        first, last = int(begin * 1000), int(end * 1000)

        def of_day(day: int) -> list[UsageRecord]:
            date = timestamp(day * DAY_SECONDS)[:10]
            return [usage_of(item) for item in self._records.of_day(tenant, date, first, last)]

        with ThreadPoolExecutor(DAYS_AT_ONCE) as pool:
            for records in pool.map(of_day, range(int(begin) // DAY_SECONDS, int(end) // DAY_SECONDS + 1)):
                yield from records


def _has_reserve(record: UsageRecord, budget: Budget) -> bool:
    return any(reserve.startswith(f"{budget.ledger.ledger_id} ") for reserve in record.reserves)


def _sum(scope: str, records: Iterable[UsageRecord]) -> Amount:
    """What the records of a scope have cost. What is not known of it counts as nothing."""
    kind, _, name = scope.partition("/")
    counted = (record for record in records if kind == "tenant" or record.key_id == name)
    total = NOTHING
    for record in counted:
        total = total.plus(record.cost.known(NOTHING))
    return total
