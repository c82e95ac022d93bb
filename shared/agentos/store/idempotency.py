"""Creates that are done once however often they are asked for: the key is written down together with what it made."""

from collections.abc import Sequence

from agentos.domain import IdempotencyKey
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import IdempotencyMismatch
from agentos.store import keys
from agentos.store.dynamodb import Action, ConditionFailed, Table
from agentos.store.items import gone, number

KEY_SECONDS = 7 * 24 * 3600
"""How long a create's key is good for."""


def create_once(
    table: Table, tenant: str, actions: Sequence[Action], made_id: str, key: IdempotencyKey, deadline: Deadline
) -> str:
    """Do `actions`, which make `made_id`, unless the key has made something before; the id of what it made.

    Raises IdempotencyMismatch, ConditionFailed (another condition than the key's), Throttled, Unanswered.
    """
    place, now = keys.created(tenant, key.name), deadline.clock.time()
    record = {
        **place,
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
    """The id of what the key has made; None where it has made nothing yet. Raises IdempotencyMismatch."""
    standing = table.get(keys.created(tenant, key.name))
    if standing is None or gone(standing, now):
        return None
    if standing["bodyHash"]["S"] != key.body:
        raise mismatch()
    return str(standing["madeId"]["S"])


def mismatch() -> IdempotencyMismatch:
    return IdempotencyMismatch("This Idempotency-Key was used before, with another body; take a new key for this one.")
