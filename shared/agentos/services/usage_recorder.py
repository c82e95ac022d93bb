"""Sees to it that each turn's usage is recorded once, however the turn ends.

A turn that is committed has its record in the commit. Any other, and every completion at a door, gets its record by
itself before its client is answered. What a provider has counted is owed, whoever failed afterwards.
"""

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agentos.domain import Attempt, Reply
from agentos.domain.callers import Caller
from agentos.domain.measures import measure
from agentos.domain.usage_records import UsageRecord, recorded
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import ApiError, Internal, Throttled, Unavailable
from agentos.kernel.logs import logger
from agentos.store.items import Item
from agentos.store.usage import UsageStore

BACKGROUND_SECONDS = 10.0
"""How long a record is tried in the background, after the table has refused the turn itself."""


@dataclass
class TurnUsage:
    """The usage of a turn under way. `attempts` grows with each upstream call; `reply` is set once there is one.

    `written`: the record is in the table. `reserves`: where the turn has reserves of budgets.
    """

    turn_id: str
    caller: Caller
    door: str
    agent_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    attempts: list[Attempt] = field(default_factory=list)
    reply: Reply | None = None
    written: bool = False
    reserves: tuple[str, ...] = ()

    def record(self, error: Exception | None = None) -> UsageRecord:
        """What is recorded of a turn that ended so."""
        return UsageRecord(
            turn_id=self.turn_id,
            tenant=self.caller.tenant,
            door=self.door,
            outcome=self._outcome(error),
            attempts=recorded(self.attempts),
            agent_id=self.agent_id or None,
            session_id=self.session_id,
            user_id=self.user_id,
            key_id=self.caller.key_id,
            reserves=self.reserves,
            fallback=self.reply is not None and error is None and self.reply.route.fallback_used,
        )

    def _outcome(self, error: Exception | None) -> str:
        if error is not None:
            return error.code if isinstance(error, ApiError) else Internal.code
        return self.reply.state if self.reply else Internal.code


class UsageRecorder:
    """Records the usage of turns. It raises nothing of its own, so that no answer is lost with its record."""

    def __init__(self, store: UsageStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @contextmanager
    def turn(self, usage: TurnUsage, deadline: Deadline) -> Iterator[TurnUsage]:
        """Records what the block's calls used as it ends, unless it has done so itself (`TurnUsage.written`).

        A turn that asked no provider has no record.
        """
        try:
            yield usage
        except Exception as error:
            if usage.attempts and not usage.written:
                self._write(usage.record(error), deadline.ignoring_client(), isinstance(error, Throttled | Unavailable))
            raise
        if usage.attempts and not usage.written:
            self._write(usage.record(), deadline.ignoring_client(), in_background=False)

    def item(self, usage: TurnUsage) -> Item | None:
        """The record for the turn's commit; None where no provider was asked."""
        return self._store.item(usage.record()) if usage.attempts else None

    def _write(self, record: UsageRecord, deadline: Deadline, in_background: bool) -> None:
        """`in_background`: the table is in trouble, and the client need not wait for one more request."""
        if not in_background:
            self._try(record, deadline)
            return
        context = contextvars.copy_context()  # log lines of the thread carry the ids of the turn
        arguments = [self._try, record, Deadline.after(BACKGROUND_SECONDS, self._clock)]
        threading.Thread(target=context.run, args=arguments, name="usage", daemon=True).start()

    def _try(self, record: UsageRecord, deadline: Deadline) -> None:
        try:
            self._store.put(record, deadline)
        except Exception as error:
            lost = {"reason": type(error).__name__, "usage": record.to_stored()}
            logger.error("a usage record was not taken by the table", extra=lost)
            measure({"LostUsageRecords": 1}, {})
