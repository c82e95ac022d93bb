"""Values to DynamoDB items and back.

Whatever a client may shape freely is stored as JSON text: exact for floats, integers of any length,
empty strings and nulls, where DynamoDB's own types are not. Only what an update or a condition touches
is an attribute of its own. No attribute bears one of DynamoDB's reserved words.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from agentos.domain import Agent, Session
from agentos.kernel import json_text
from agentos.kernel.clock import epoch, timestamp
from agentos.kernel.errors import PayloadTooLarge
from agentos.store.reading import item_reader, stored_value

Item = dict[str, Any]

MAX_ITEM_BYTES = 400 * 1024
"""DynamoDB's bound on an item, attribute names included (its documentation, "Quotas")."""


AGENT_SPARE_BYTES = 64
"""How much longer an agent's key is once it is an earlier version: every agent that is stored can be changed."""

SESSION_SPARE_BYTES = 16 * 1024
"""What a session grows by after its creation: a lease, the digits of its count and sums, open calls."""


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": lambda value: len(value.encode()),
    "B": len,
    "N": lambda value: len(value) // 2 + 2,
}
"""The kinds that this version stores."""


def size(item: Item) -> int:
    """An item's size as DynamoDB counts it: UTF-8 bytes of names and texts, bytes, numbers by their digits.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    A number takes about one byte for two digits and one more; one extra byte here keeps on the safe side.
    """
    total = 0
    for name, typed in item.items():
        total += len(name.encode())
        for kind, value in typed.items():
            total += _SIZES.get(kind, _length)(value)
    return total


def _length(value: Any) -> int:
    """About the length of a value of any other kind."""
    return len(str(value))


def checked(item: Item, what: str, spare: int = 0) -> Item:
    """The item, if DynamoDB will take it and `spare` bytes more. Raises PayloadTooLarge."""
    if (bytes_ := size(item) + spare) > MAX_ITEM_BYTES:
        raise PayloadTooLarge(
            f"The {what} takes {bytes_} bytes as it is stored; at most {MAX_ITEM_BYTES} can be.",
            {"bytes": bytes_, "maxBytes": MAX_ITEM_BYTES},
        )
    return item


def text(value: Any) -> Item:
    return {"S": json_text.dump(value)}


def number(value: int) -> Item:
    return {"N": str(value)}


def agent_item(key: Item, agent: Agent) -> Item:
    return checked({**key, "version": number(agent.version), "body": text(agent.to_json())}, "agent", AGENT_SPARE_BYTES)


REMEMBERED_CHARACTERS = 8 * 1024
"""Of an agent's JSON. A longer one is decoded whenever it is read."""


@item_reader
def agent_of(item: Item) -> Agent:
    """Raises Unavailable where the item cannot be read; so does every reader here."""
    body = item["body"]["S"]
    return _known_agent(body) if len(body) <= REMEMBERED_CHARACTERS else _agent(body)


def _agent(body: str) -> Agent:
    return stored_value(Agent, json_text.load(body))


_known_agent = lru_cache(maxsize=64)(_agent)
"""The same text is the same agent, so that what was decoded for one turn serves the next."""


def session_item(key: Item, session: Session, listed_under: dict[str, str]) -> Item:
    """`listed_under` are the index partitions by attribute name."""
    fixed = {
        "userId": session.user_id,
        "metadata": session.metadata,
        "agentVersion": session.agent_version,
        "expiresInSeconds": session.expires_in_seconds,
        "createdAt": session.created_at,
        "forkedCount": session.forked_count,
    }
    item = {
        **key,
        "agentId": {"S": session.agent_id},
        "sessionId": {"S": session.session_id},
        "body": text(fixed),
        "messageCount": number(session.message_count),
        "totals": text(session.usage.to_json()),
        "turns": text(session.turns),
        "openCalls": text(session.open_calls),
        "lastActivityAt": {"S": session.last_activity_at},
        **{name: {"S": partition} for name, partition in listed_under.items()},
    }
    if session.expires_at is not None:
        item["expiresAt"] = number(int(epoch(session.expires_at)))
    return checked(item, "session", SESSION_SPARE_BYTES)


@item_reader
def session_of(item: Item, now: float) -> Session | None:
    """The session as it is at `now` (epoch seconds); None where it is deleted or expired."""
    if gone(item, now):
        return None
    expires_at = int(item["expiresAt"]["N"]) if "expiresAt" in item else None
    running = "lease" in item and int(item["leaseUntil"]["N"]) > now * 1000
    return stored_value(
        Session,
        {
            **json_text.load(item["body"]["S"]),
            "agentId": item["agentId"]["S"],
            "sessionId": item["sessionId"]["S"],
            "state": "running" if running else "idle",
            "messageCount": int(item["messageCount"]["N"]),
            "usage": json_text.load(item["totals"]["S"]),
            "turns": json_text.load(item["turns"]["S"]),
            "openCalls": json_text.load(item["openCalls"]["S"]),
            "lastActivityAt": item["lastActivityAt"]["S"],
            "expiresAt": None if expires_at is None else timestamp(expires_at),
        },
    )


@item_reader
def gone(item: Item, now: float) -> bool:
    """Whether an item is a tombstone, or past its time and not swept yet."""
    return "deletedAt" in item or ("expiresAt" in item and int(item["expiresAt"]["N"]) <= now)
