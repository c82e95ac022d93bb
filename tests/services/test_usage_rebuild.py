"""`make usage-rebuild`: the same sums again where nothing was wrong, right ones where something was, also meanwhile."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agentos.domain.usage_sums import NOTHING, Group, Sums
from agentos.kernel.ids import new_id
from agentos.services.usage_rebuild import PASSES, UsageRebuild
from agentos.store.usage_totals import FAMILIES, Place, StoredSums, UsageTotals
from tests.store.conftest import TENANT, Store
from tests.store.test_usage import a_record, usage
from tests.store.test_usage_totals import DAY, NOON, expected, on_day, read, stored
from tools import usage_rebuild

LATER = 2_000_000_000


@pytest.fixture
def store(client: Any, table_name: str) -> Store:
    return Store(client, table_name)


def rebuild(store: Store) -> UsageRebuild:
    return UsageRebuild(usage(store), UsageTotals(store.table), store.clock)


def counted(store: Store, *records: Any) -> None:
    UsageTotals(store.table).count(stored(store, *records), store.deadline())


def spoil(store: Store, place: Place, sums: Sums) -> None:
    """Sums as a mistake would have left them."""
    found = UsageTotals(store.table).read(TENANT, place.family, DAY, f"{DAY}~", store.clock.time())
    version = next((one.version for one in found if one.group == place.group), 0)
    assert UsageTotals(store.table).write(place, StoredSums(place.group, sums, version), LATER)


def test_right_sums_stay_as_they_are(store: Store) -> None:
    counted(store, on_day(), on_day(user_id=None))
    before = store.items()
    done = rebuild(store).day(TENANT, DAY)
    assert (done.records, done.counted, done.corrections, done.unsettled) == (2, 0, (), ())
    assert store.items() == before


def test_what_the_stream_has_lost_is_counted(store: Store) -> None:
    records = [on_day() for _ in range(3)]
    items = stored(store, *records)
    UsageTotals(store.table).count(items[:1], store.deadline())
    assert rebuild(store).day(TENANT, DAY).counted == 2
    assert read(store) == expected(*records)
    UsageTotals(store.table).count(items, store.deadline())  # the stream has them after all
    assert read(store) == expected(*records)


def test_wrong_missing_and_needless_sums_are_put_right(store: Store) -> None:
    record, other = on_day(), on_day(agent_id="agent_2")
    counted(store, record, other)
    right = {family: read(store, family) for family in FAMILIES}
    wrong, missing, *_ = right["users"]
    spoil(store, Place(TENANT, "users", wrong), replace(right["users"][wrong], cost_usd=Decimal("0.1"), turns=9))
    spoil(store, Place(TENANT, "users", missing), NOTHING)
    needless = Group(DAY, "x:y", "x", "agent_1", None, None)
    spoil(store, Place(TENANT, "totals", needless), Sums(turns=1))

    done = rebuild(store).day(TENANT, DAY)
    assert {one.place.group for one in done.corrections} == {wrong, missing, needless}
    assert all(one.after == right[one.place.family].get(one.place.group, NOTHING) for one in done.corrections)
    found = {
        family: {group: sums for group, sums in read(store, family).items() if sums != NOTHING} for family in FAMILIES
    }
    assert found == right
    assert rebuild(store).day(TENANT, DAY).corrections == ()


def test_other_days_and_tenants_are_left_alone(store: Store) -> None:
    there = a_record(new_id("turn", NOON - 86_400))
    stored(store, there, on_day(tenant="other"))
    assert rebuild(store).day(TENANT, DAY).records == 0
    assert read(store, first="2026-01-01", end="2027-01-01") == {}


def test_turns_that_go_on_meanwhile_are_neither_lost_nor_counted_twice(store: Store) -> None:
    """One turn ends, and is counted, each time that the records have been read."""
    records = [on_day()]
    counted(store, *records)
    group = next(iter(read(store)))
    right = read(store)[group]
    spoil(store, Place(TENANT, "users", group), replace(right, turns=9))
    others: Iterator[int] = iter(range(2))

    def meanwhile() -> None:
        if next(others, None) is not None:
            records.append(on_day())
            counted(store, records[-1])

    done = rebuild(store).day(TENANT, DAY, meanwhile)
    assert not done.unsettled
    assert read(store) == expected(*records)


def test_sums_that_never_come_to_rest_are_named_and_not_changed(store: Store) -> None:
    counted(store, on_day())
    turns: list[Any] = []

    def meanwhile() -> None:
        turns.append(on_day())
        counted(store, turns[-1])

    done = rebuild(store).day(TENANT, DAY, meanwhile)
    assert len(turns) == PASSES
    assert done.unsettled
    assert done.corrections == ()


def test_a_day_with_records_that_cannot_be_read_is_not_changed(store: Store) -> None:
    counted(store, on_day())
    store.table.write(usage(store).item(on_day()) | {"body": {"S": "from a newer version"}})
    before = store.items()
    assert rebuild(store).day(TENANT, DAY).unreadable == 1
    assert store.items() == before


def test_the_command_says_what_it_changed(store: Store, dynamodb_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    counted(store, on_day())
    stored(store, on_day())
    group = next(iter(read(store, "totals")))
    spoil(store, Place(TENANT, "totals", group), replace(read(store, "totals")[group], turns=5))
    command = ["--tenant", TENANT, "--from", "2026-11-21", "--to", "2026-11-24", "--table", store.table_name]

    assert usage_rebuild.main([*command, "--endpoint", dynamodb_url]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{DAY}: 2 records, 1 of them not counted before, 1 sums corrected"
    assert second.startswith("  totals of ")
    assert "turns 6 -> " in second or "turns 5 -> " in second

    assert usage_rebuild.main([*command, "--endpoint", dynamodb_url]) == 0
    assert capsys.readouterr().out == f"{DAY}: 2 records, 0 of them not counted before, 0 sums corrected\n"


def test_the_command_refuses_what_it_cannot_read(capsys: pytest.CaptureFixture[str]) -> None:
    for bad in (["--from", "yesterday"], ["--from", "2026-11-02", "--to", "2026-11-01"], ["--tenant", "No"]):
        with pytest.raises(SystemExit):
            usage_rebuild.arguments(bad)
    assert isinstance(usage_rebuild.arguments([]), argparse.Namespace)
