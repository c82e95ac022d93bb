"""Sums of usage by tenant and day: each record is counted once, by a transaction that marks it as counted.

    totals   by day, model, provider, agent and key
    users    the same by user as well

A stream hands a record over again whenever a batch fails, and functions may run at the same time. So the same
transaction adds a record to its sums and gives it the mark `counted`, on the condition that it has none.

DynamoDB adds decimal numbers exactly, to 38 digits.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic.alias_generators import to_camel

from agentos.domain.usage_records import UsageRecord
from agentos.domain.usage_sums import COUNTS, GROUPS, NOTHING, Group, Sums, contributions
from agentos.kernel import json_text
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import Unavailable
from agentos.store import keys
from agentos.store.dynamodb import TRANSACTION_MAX, Action, Table
from agentos.store.faults import ConditionFailed, unavailable
from agentos.store.items import Item, gone, number
from agentos.store.reading import item_reader
from agentos.store.usage import expiry, usage_of

Family = Literal["totals", "users"]
FAMILIES: tuple[Family, ...] = ("totals", "users")

UNCOUNTED = "attribute_exists(pk) AND attribute_not_exists(counted)"
PAGE = 1000
"""Sums that are asked for in one request. An answer ends at 1 MB anyway."""

ATTRIBUTES = {name: to_camel(name) for name in COUNTS}


class StoredSums(NamedTuple):
    """The sums of a group, and how often they were changed."""

    group: Group
    sums: Sums
    version: int


class UsageTotals:
    """Counts records, reads sums, and puts right those that are wrong."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, items: Iterable[Item], deadline: Deadline) -> int:
        """Add the records in these items to the sums, unless that was done before. Returns how many were added.

        Records that this version cannot read are logged and left out. Raises Throttled, Unavailable.
        """
        distinct = {record.key["sk"]["S"]: record for record in _readable(items)}  # a stream may repeat itself
        return sum(self._count(batch, deadline) for batch in _transactions(distinct.values()))

    def _count(self, batch: list["_Record"], deadline: Deadline) -> int:
        while batch:
            try:
                self._table.transact(self._actions(batch), deadline)
                return len(batch)
            except ConditionFailed:
                left = self._uncounted(batch)
            if len(left) == len(batch):  # no condition of these can have failed
                raise unavailable()
            batch = left
        return 0

    def _uncounted(self, batch: Sequence["_Record"]) -> list["_Record"]:
        """Those of the records that are still there and not counted."""
        items = self._table.get_many([record.key for record in batch])
        return [record for record, item in zip(batch, items, strict=True) if item and "counted" not in item]

    def _actions(self, batch: Sequence["_Record"]) -> list[Action]:
        mark = {":yes": number(1)}
        marks = [self._table.change(one.key, "SET counted = :yes", UNCOUNTED, mark) for one in batch]
        expires = {one.record.day: one.expires_at for one in batch}
        sums = sums_of(one.record for one in batch)
        return [*marks, *(self._addition(place, sums[place], expires[place.day]) for place in sums)]

    def _addition(self, place: "Place", sums: Sums, expires_at: int) -> Action:
        values = {f":{name}": _typed(getattr(sums, name)) for name in COUNTS if getattr(sums, name)}
        added = ", ".join([f"{ATTRIBUTES[name]} :{name}" for name in COUNTS if getattr(sums, name)] + ["version :one"])
        values |= {":one": number(1), ":group": _group_text(place.group), ":expires": number(expires_at)}
        return self._table.add(place.key, f"SET grouped = :group, expiresAt = :expires ADD {added}", values)

    def read(self, tenant: str, family: Family, first: str, end: str, now: float) -> Iterator[StoredSums]:
        """The sums of the days from `first` on and before `end`, both dates of UTC. Read consistently.

        What has expired at `now` (epoch seconds) is left out.
        """
        values = {":pk": {"S": keys.usage_sums_partition(tenant, family)}, ":first": {"S": first}, ":end": {"S": end}}
        for item in self._table.query("pk = :pk AND sk BETWEEN :first AND :end", values, forward=True, page=PAGE):
            if not gone(item, now):
                yield _stored(item)

    def write(self, place: "Place", sums: StoredSums, expires_at: int) -> bool:
        """Put sums in the place of those of that version; version 0 is of none. False where they have changed since."""
        item = {
            **place.key,
            "grouped": _group_text(place.group),
            "expiresAt": number(expires_at),
            "version": number(sums.version + 1),
            **{ATTRIBUTES[name]: _typed(value) for name in COUNTS if (value := getattr(sums.sums, name))},
        }
        try:
            if sums.version:
                self._table.put(item, "version = :version", {":version": number(sums.version)})
            else:
                self._table.put(item)
        except ConditionFailed:
            return False
        return True


class _Record(NamedTuple):
    """A record that is to be counted."""

    key: Item
    record: UsageRecord
    expires_at: int


def _readable(items: Iterable[Item]) -> Iterator[_Record]:
    for item in items:
        try:
            record, expires_at = usage_of(item), expiry(item)
        except Unavailable:  # a newer version's; make usage-rebuild counts it later
            continue
        yield _Record({name: item[name] for name in ("pk", "sk")}, record, expires_at)


def _transactions(records: Iterable[_Record]) -> Iterator[list[_Record]]:
    """The records in parts that a transaction can take: an action for each record, and one for each of its sums."""
    batch: list[_Record] = []
    sums: set[Place] = set()
    for record in records:
        own = set(sums_of([record.record]))
        if batch and len(batch) + 1 + len(sums | own) > TRANSACTION_MAX:
            yield batch
            batch, sums = [], set()
        batch.append(record)
        sums |= own
    if batch:
        yield batch


class Place(NamedTuple):
    """Where sums are kept."""

    tenant: str
    family: Family
    group: Group

    @property
    def day(self) -> str:
        return str(self.group.day)

    @property
    def key(self) -> Item:
        return keys.usage_sums(self.tenant, self.family, self.day, json_text.dump(self.group))


def sums_of(records: Iterable[UsageRecord]) -> dict[Place, Sums]:
    """What records add to which sums."""
    found: dict[Place, Sums] = {}
    for record in records:
        for group, sums in contributions(record).items():
            for family in FAMILIES:
                place = Place(record.tenant, family, group if family == "users" else group._replace(user=None))
                found[place] = found.get(place, NOTHING) + sums
    return found


def _group_text(group: Group) -> Item:
    return {"S": json_text.dump(dict(zip(GROUPS, group, strict=True)))}


def _typed(value: int | Decimal) -> Item:
    """Without an exponent, which not every DynamoDB for tests can add."""
    return {"N": f"{value:f}" if isinstance(value, Decimal) else str(value)}


@item_reader
def _stored(item: Item) -> StoredSums:
    given = {name: item[attribute]["N"] for name, attribute in ATTRIBUTES.items() if attribute in item}
    counts = {name: Decimal(text) if name == "cost_usd" else int(text) for name, text in given.items()}
    grouped = json_text.load(item["grouped"]["S"])
    group = Group(**{name: grouped.get(name) for name in GROUPS})
    return StoredSums(group, Sums(**counts) if counts else NOTHING, int(item["version"]["N"]))  # type: ignore[arg-type]
