"""Lanes of a budget as items: what is in them, and the expressions that change them.

A budget's room is split into lanes, so that turns of one tenant do not all write one item. In each lane and period

    room = share - spent - held      (and what was moved between lanes, whose sum is 0)

`share` is the lane's part of the limit, `spent` what turns have cost, `held` the sum of its reserves. DynamoDB compares
attributes with values, not with sums, so `room` is an attribute of its own. Amounts are pairs: USD and tokens. A lane
compares only those that the budget limits, but counts both.
"""

from decimal import Decimal
from typing import NamedTuple

from agentos.domain.budgets import NOTHING, USD_DIGITS, Amount, Period, period_start
from agentos.store import keys
from agentos.store.items import Item, number
from agentos.store.reading import item_reader


class Entry(NamedTuple):
    """A turn's reserve in a lane. `until`: when it lapses, in epoch milliseconds.

    `period`: the start of the period (epoch seconds) to which the turn's cost counts.
    """

    until: int
    period: int
    amount: Amount

    @property
    def text(self) -> str:
        """As it is stored: about 40 bytes."""
        return f"{self.until} {self.period} {self.amount.usd.normalize():f} {self.amount.tokens}"

    @classmethod
    def of(cls, text: str) -> "Entry":
        until, period, usd, tokens = text.split(" ")
        return cls(int(until), int(period), Amount(Decimal(usd), int(tokens)))


class Ledger(NamedTuple):
    """A budget's lanes: in which items they are, how many, and for which kind of period."""

    tenant: str
    ledger_id: str
    lanes: int
    period: Period

    def key(self, index: int) -> Item:
        return keys.lane(self.tenant, self.ledger_id, index)

    def start(self, now: float) -> int:
        """The start of the present period, in epoch seconds."""
        return period_start(self.period, now)


class Lane(NamedTuple):
    """One lane. `usd` and `tokens` in `limited` say which of the two the budget limits.

    `earlier`: of `spent`, what turns without a reserve have cost. `warned`: the period in which `warnAt` was logged.
    """

    number: int
    period: int
    share: Amount
    limited: tuple[bool, bool]
    room: Amount
    spent: Amount
    held: Amount
    reserves: dict[str, Entry]
    retired: bool
    earlier: Amount = NOTHING
    warned: int | None = None

    def fits(self, amount: Amount) -> bool:
        """Whether there is room for the amount."""
        return fits(amount, self.room, self.limited)

    def left(self, period: int, now: float) -> Amount:
        """The lane's room in that period once it has begun, with what has lapsed given back."""
        room = self.room if self.period >= period else self.share.minus(self.held)
        return room.plus(total([self.reserves[turn_id].amount for turn_id in self.lapsed(now)]))

    def lapsed(self, now: float) -> list[str]:
        """The turns whose reserves have lapsed."""
        return [turn_id for turn_id, entry in self.reserves.items() if entry.until <= now * 1000]


class Room(NamedTuple):
    """What a budget has left in all its lanes together, of what it limits."""

    left: Amount
    limited: tuple[bool, bool]

    def fits(self, amount: Amount) -> bool:
        """Whether there is room for the amount."""
        return fits(amount, self.left, self.limited)


def fits(amount: Amount, room: Amount, limited: tuple[bool, bool]) -> bool:
    """Whether the amount fits into the room, of what is limited. What costs nothing always fits."""
    pairs = zip(amount.both, room.both, limited, strict=True)
    return all(wanted <= left for wanted, left, bound in pairs if bound and wanted > 0)


def total(amounts: list[Amount]) -> Amount:
    """The sum."""
    return Amount(sum((one.usd for one in amounts), Decimal()), sum(one.tokens for one in amounts))


NAMES = ("Usd", "Tokens")
"""How the attributes of a pair end."""


def amount_item(name: str, amount: Amount) -> Item:
    """A pair as two attributes, such as `roomUsd` and `roomTokens`."""
    return {f"{name}{kind}": whole(value) for kind, value in zip(NAMES, amount.both, strict=True)}


def whole(value: Decimal | int) -> Item:
    """USD as a whole number of their smallest part, so that sums are exact; tokens as they are."""
    return number(int(value.scaleb(USD_DIGITS)) if isinstance(value, Decimal) else value)


def amount_of(item: Item, name: str) -> Amount:
    usd = Decimal(int(item[f"{name}Usd"]["N"])).scaleb(-USD_DIGITS)
    return Amount(usd, int(item[f"{name}Tokens"]["N"]))


def new_lane(
    ledger: Ledger, index: int, start: int, share: Amount, limited: tuple[bool, bool], room: Amount, spent: Amount
) -> Item:
    """A lane without reserves, in which so much is spent already."""
    item: Item = {**ledger.key(index), "periodStart": number(start), "reserves": {"M": {}}}
    pairs = {"share": share, "room": room, "spent": spent, "held": NOTHING, "earlier": NOTHING}
    for name, amount in pairs.items():
        item |= amount_item(name, amount)
    return item | {f"limited{kind}": number(1) for kind, bound in zip(NAMES, limited, strict=True) if bound}


@item_reader
def lane_of(item: Item, index: int) -> Lane:
    """Raises Unavailable where the item cannot be read."""
    return Lane(
        number=index,
        period=int(item["periodStart"]["N"]),
        share=amount_of(item, "share"),
        limited=("limitedUsd" in item, "limitedTokens" in item),
        room=amount_of(item, "room"),
        spent=amount_of(item, "spent"),
        held=amount_of(item, "held"),
        reserves={turn_id: Entry.of(entry["S"]) for turn_id, entry in item["reserves"]["M"].items()},
        retired="retired" in item,
        earlier=amount_of(item, "earlier"),
        warned=int(item["warned"]["N"]) if "warned" in item else None,
    )


class Change(NamedTuple):
    """An update of one lane: its expression, its condition and their values."""

    expression: str
    condition: str
    values: Item


def reserve(turn_id: str, before: Entry | None, after: Entry, moved: Amount = NOTHING) -> Change:
    """Put `after` in the place of `before`. `moved`: what comes into the lane from others with the same transaction."""
    more = after.amount.minus(before.amount if before else NOTHING)
    own = f"reserves.{turn_id}"
    values = {
        ":after": {"S": after.text},
        ":period": number(after.period),
        **_values("more", more),
        **_values("room", more.minus(moved)),
        **({":before": {"S": before.text}} if before else {}),
    }
    return Change(
        f"SET {own} = :after, {_plus('room', '-', 'room')}, {_plus('held', '+', 'more')}",
        f"periodStart = :period AND attribute_not_exists(retired) AND {_is(own, before)}{_has_room(more)}",
        values,
    )


def settle(turn_id: str, entry: Entry, cost: Amount, *, same_period: bool) -> Change:
    """The reserve gives way to what the turn has cost; that counts only while the lane is in the entry's period."""
    spent = cost if same_period else NOTHING
    own, order = f"reserves.{turn_id}", "=" if same_period else ">"
    values = {
        ":before": {"S": entry.text},
        ":period": number(entry.period),
        **_values("held", entry.amount),
        **_values("room", entry.amount.minus(spent)),
        **_values("spent", spent),
    }
    changes = ", ".join((_plus("room", "+", "room"), _plus("held", "-", "held"), _plus("spent", "+", "spent")))
    return Change(f"SET {changes} REMOVE {own}", f"{own} = :before AND periodStart {order} :period", values)


def give_back(turn_id: str, entry: Entry) -> Change:
    """A reserve that has lapsed is room again."""
    own, values = f"reserves.{turn_id}", {":before": {"S": entry.text}, **_values("held", entry.amount)}
    changes = f"{_plus('room', '+', 'held')}, {_plus('held', '-', 'held')}"
    return Change(f"SET {changes} REMOVE {own}", f"{own} = :before", values)


def renew(turn_id: str, before: Entry, after: Entry) -> Change:
    """The same reserve for longer."""
    own = f"reserves.{turn_id}"
    return Change(
        f"SET {own} = :after", f"{own} = :before", {":before": {"S": before.text}, ":after": {"S": after.text}}
    )


def spend(period: int, cost: Amount) -> Change:
    """A cost without a reserve, in that period."""
    changes = f"{_plus('room', '-', 'cost')}, {_plus('spent', '+', 'cost')}"
    return Change(f"SET {changes}", "periodStart = :period", {":period": number(period), **_values("cost", cost)})


def spend_earlier(period: int, before: Amount, after: Amount) -> Change:
    """What turns without a reserve have cost in that period: `after` in the place of `before`."""
    changes = f"{_plus('room', '-', 'cost')}, {_plus('spent', '+', 'cost')}, {_plus('earlier', '+', 'cost')}"
    unchanged = " AND ".join(f"earlier{kind} = :before{kind}" for kind in NAMES)
    values = {":period": number(period), **_values("cost", after.minus(before)), **_values("before", before)}
    return Change(f"SET {changes}", f"periodStart = :period AND {unchanged}", values)


def begin_period(start: int) -> Change:
    """A new period: nothing is spent, and the reserves are carried over."""
    values: Item = {":period": number(start), ":none": number(0)}
    fresh = [f"room{kind} = share{kind} - held{kind}, spent{kind} = :none, earlier{kind} = :none" for kind in NAMES]
    return Change(f"SET periodStart = :period, {', '.join(fresh)}", "periodStart < :period", values)


def move(period: int, come: Amount, limited: tuple[bool, bool], left: Amount = NOTHING) -> Change:
    """Room that comes from other lanes, or goes to them where it is below 0.

    What goes must be there, except for a debt (`left` below 0) that the lane keeps.
    """
    values: Item = {":period": number(period), **_values("come", come)}
    conditions = ["periodStart = :period"]
    for kind, value, after, bound in zip(NAMES, come.both, left.both, limited, strict=True):
        if bound and value < 0 <= after:
            conditions.append(f"room{kind} >= :least{kind}")
            values[f":least{kind}"] = whole(-value)
    return Change(f"SET {_plus('room', '+', 'come')}", " AND ".join(conditions), values)


def reshare(lane: Lane, room: Amount, share: Amount, limited: tuple[bool, bool]) -> Change:
    """The lane with another share of another limit, and so much room."""
    change = move(lane.period, room.minus(lane.room), limited, room)
    bound = [f"limited{kind}" for kind, bound in zip(NAMES, limited, strict=True) if bound]
    unbound = [f"limited{kind}" for kind, bound in zip(NAMES, limited, strict=True) if not bound]
    expression = f"{change.expression}, shareUsd = :shareUsd, shareTokens = :shareTokens"
    expression += "".join(f", {name} = :one" for name in bound)
    expression += f" REMOVE {', '.join(unbound)}" if unbound else ""
    values = change.values | _values("share", share) | ({":one": number(1)} if bound else {})
    return Change(expression, f"{change.condition} AND attribute_not_exists(retired)", values)


def _plus(attribute: str, sign: str, value: str) -> str:
    return ", ".join(f"{attribute}{kind} = {attribute}{kind} {sign} :{value}{kind}" for kind in NAMES)


def _values(name: str, amount: Amount) -> Item:
    return {f":{name}{kind}": whole(value) for kind, value in zip(NAMES, amount.both, strict=True)}


def _is(path: str, before: Entry | None) -> str:
    return f"{path} = :before" if before else f"attribute_not_exists({path})"


def _has_room(more: Amount) -> str:
    """A condition on what is limited. A reserve that does not grow needs no room."""
    grown = [kind for kind, value in zip(NAMES, more.both, strict=True) if value > 0]
    return "".join(f" AND (attribute_not_exists(limited{kind}) OR room{kind} >= :room{kind})" for kind in grown)
