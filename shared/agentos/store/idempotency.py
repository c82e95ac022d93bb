"""Creates that are done once however often they are requested: the key is recorded together with what it created."""

from collections.abc import Sequence

from agentos.domain import IdempotencyKey
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import IdempotencyMismatch
from agentos.store import keys
from agentos.store.dynamodb import Action, Table
from agentos.store.faults import ConditionFailed
from agentos.store.items import Item, gone, number
from agentos.store.reading import item_reader

KEY_SECONDS = 7 * 24 * 3600
"""How long a create's key is valid."""


def create_once(
    table: Table, tenant: str, actions: Sequence[Action], made_id: str, key: IdempotencyKey, deadline: Deadline
) -> str:
    """Do `actions`, which create `made_id`, unless the key has created something before; the id of what it created.

    Raises IdempotencyMismatch, ConditionFailed (another condition than the key's), Throttled, Unavailable.
    """
    now = deadline.clock.time()
    record = {
        **keys.created(tenant, key.name),
        "bodyHash": {"S": key.body},
        "madeId": {"S": made_id},
        "expiresAt": number(int(now) + KEY_SECONDS),
    }
    try:
        table.transact([*actions, table.renew(record, now)], deadline)
        return made_id
    except ConditionFailed:
        made = made_before(table, tenant, key, now)
        if made is None:
            raise
        return made


def made_before(table: Table, tenant: str, key: IdempotencyKey, now: float) -> str | None:
    """The id of what the key has created; None where it has created nothing. Raises IdempotencyMismatch."""
    record = table.get(keys.created(tenant, key.name))
    if record is None or gone(record, now):
        return None
    if body_hash(record) != key.body:
        raise mismatch()
    return _made_id(record)


@item_reader
def body_hash(record: Item) -> str:
    """The hash of the body that a key's record was made for. Raises Unavailable where it cannot be read."""
    return str(record["bodyHash"]["S"])


@item_reader
def _made_id(record: Item) -> str:
    return str(record["madeId"]["S"])


def mismatch() -> IdempotencyMismatch:
    return IdempotencyMismatch("This Idempotency-Key was used before, with another body; take a new key for this one.")
