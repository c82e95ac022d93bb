"""Sums of usage: each record is counted once, whatever is delivered twice, dies or meets a conflict; sums are exact."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from agentos.domain.usage_records import CountedUsage, RecordedAttempt
from agentos.domain.usage_sums import COUNTS, NOTHING, Group, Sums, contributions, summed
from agentos.kernel.clock import epoch
from agentos.kernel.ids import new_id
from agentos.store.usage_totals import FAMILIES, Place, StoredSums, UsageTotals
from tests.store.conftest import TENANT, Store
from tests.store.test_usage import DAYS, a_record, usage
from tests.support.conflicts import conflict
from tests.support.crashes import lose_answer
from tests.support.logs import captured

DAY = "2026-11-22"
NOON = epoch(f"{DAY}T12:00:00Z")


def on_day(**fields: Any) -> Any:
    return a_record(new_id("turn", NOON), **{"agent_id": "agent_1", **fields})


def stored(store: Store, *records: Any) -> list[Any]:
    """The items of these records, which are in the table."""
    for record in records:
        usage(store).put(record, store.deadline())
    return [usage(store).item(record) for record in records]


def read(store: Store, family: Any = "users", first: str = DAY, end: str = "2026-11-23") -> dict[Group, Sums]:
    found = UsageTotals(store.table).read(TENANT, family, first, end, store.clock.time())
    return {sums.group: sums.sums for sums in found}


def expected(*records: Any) -> dict[Group, Sums]:
    return summed(part for record in records for part in contributions(record).items())


def contributions_of(records: list[Any]) -> Sums:
    return sum(expected(*records).values(), NOTHING)


def test_a_record_is_counted_by_its_groups(store: Store) -> None:
    record = on_day()
    assert UsageTotals(store.table).count(stored(store, record), store.deadline()) == 1
    assert read(store) == expected(record)
    of_turn = Group(DAY, "gemini:flash-1.5", "gemini", "agent_1", "0DxJ5uWq7Lk2Zp9a", "ann")
    assert read(store)[of_turn].turns == 1
    assert read(store, "totals")[of_turn._replace(user=None)] == read(store)[of_turn]
    assert read(store, first="2026-11-23", end="2027-01-01") == {}


def test_a_record_is_counted_once(store: Store) -> None:
    records = [on_day(), on_day(), on_day()]
    items = stored(store, *records)
    totals = UsageTotals(store.table)
    assert totals.count([items[0], items[0]], store.deadline()) == 1
    assert totals.count(items, store.deadline()) == 2
    assert totals.count(items[::-1], store.deadline()) == 0
    assert read(store) == expected(*records)


def test_what_is_not_in_the_table_is_not_counted(store: Store) -> None:
    there, gone = on_day(), on_day()
    items = [*stored(store, there), usage(store).item(gone)]
    assert UsageTotals(store.table).count(items, store.deadline()) == 1
    assert read(store) == expected(there)


def test_a_batch_that_no_transaction_can_take_is_counted_in_parts(store: Store) -> None:
    records = [on_day(user_id=f"user {number}", tenant=TENANT) for number in range(60)]
    UsageTotals(store.table).count(stored(store, *records), store.deadline())
    assert read(store) == expected(*records)
    assert sum(sums.turns for sums in read(store, "totals").values()) == 60


def test_tenants_and_days_are_kept_apart(store: Store) -> None:
    records = [on_day(), on_day(tenant="other"), a_record(new_id("turn", NOON + 86_400), agent_id="agent_1")]
    assert UsageTotals(store.table).count(stored(store, *records), store.deadline()) == 3
    assert read(store) == expected(records[0])
    assert read(store, end="2026-11-24") == expected(records[0], records[2])


def test_sums_are_exact_whatever_the_sizes(store: Store) -> None:
    costs = ["0.0000001", "123456.789", "0.00000012345678901234567", "1E-20", "0.1", "0.2", "0"]
    records = [
        on_day(
            attempts=(
                RecordedAttempt(model="a:b", provider="a", outcome="ok", usage=CountedUsage(cost_usd=Decimal(cost))),
            )
        )
        for cost in costs
    ]
    for item in stored(store, *records):
        UsageTotals(store.table).count([item], store.deadline())
    (sums,) = read(store, "totals").values()
    assert str(sums.cost_usd) == "123457.08900022345678901235567"
    assert contributions_of(records).cost_usd == sums.cost_usd
    assert (sums.turns, sums.unpriced) == (len(costs), 0)


def test_a_conflict_or_a_lost_answer_counts_nothing_twice(store: Store) -> None:
    first, second, third = on_day(), on_day(), on_day()
    items = stored(store, first, second, third)
    totals = UsageTotals(store.table)
    conflict(store.client, "TransactWriteItems", 3)
    totals.count(items[:1], store.deadline())
    lose_answer(store.client, "TransactWriteItems")
    totals.count(items[1:2], store.deadline())
    totals.count(items, store.deadline())
    assert read(store) == expected(first, second, third)


def test_functions_that_count_the_same_at_once_count_it_once(store: Store) -> None:
    records = [on_day() for _ in range(20)]
    items = stored(store, *records)
    parts = [items[:15], items[5:], items, items[::-1]]
    with ThreadPoolExecutor(4) as pool:
        counted = sum(pool.map(lambda part: UsageTotals(store.table).count(part, store.deadline(30)), parts))
    assert counted == 20
    assert read(store) == expected(*records)


def test_an_item_that_cannot_be_read_is_left_out(store: Store) -> None:
    good, bad = stored(store, on_day(), on_day())
    with captured() as log:
        assert UsageTotals(store.table).count([bad | {"body": {"S": "no JSON"}}, good], store.deadline()) == 1
    assert log.lines[0]["message"] == "a stored item cannot be read"


def test_sums_are_replaced_only_as_they_were_read(store: Store) -> None:
    totals = UsageTotals(store.table)
    totals.count(stored(store, on_day()), store.deadline())
    (_, before) = totals.read(TENANT, "totals", DAY, "2026-11-23", store.clock.time())
    place = Place(TENANT, "totals", before.group)
    right = StoredSums(before.group, Sums(turns=7, cost_usd=Decimal("0.1")), before.version)
    assert totals.write(place, right, 2_000_000_000)
    assert not totals.write(place, right._replace(sums=Sums(turns=6)), 2_000_000_000)
    assert read(store, "totals")[before.group] == right.sums
    new = StoredSums(Group(DAY, "x:y", "x"), NOTHING, 0)
    assert totals.write(Place(TENANT, "totals", new.group), new, 2_000_000_000)
    assert not totals.write(Place(TENANT, "totals", new.group), new._replace(sums=right.sums), 2_000_000_000)
    totals.count(stored(store, on_day()), store.deadline())
    assert read(store, "totals")[before.group].turns == 8


def test_expired_sums_are_not_read(store: Store) -> None:
    UsageTotals(store.table).count(stored(store, on_day()), store.deadline())
    store.clock.advance((DAYS + 2) * 86_400)
    assert read(store) == {}


def test_every_number_is_stored(store: Store) -> None:
    every = Sums(**{name: number for number, name in enumerate(COUNTS, start=1)} | {"cost_usd": Decimal("0.5")})
    for family in FAMILIES:
        group = Group(DAY, "a:b", "a", None, None, None)
        assert UsageTotals(store.table).write(Place(TENANT, family, group), StoredSums(group, every, 0), 2_000_000_000)
        assert read(store, family) == {group: every}
