"""A session as it begins."""

from collections.abc import Mapping
from typing import Any

from agentos.domain import Session, SessionUsage
from agentos.kernel.clock import Clock, timestamp
from agentos.kernel.ids import new_id


def new_session(
    agent_id: str,
    clock: Clock,
    lifetime: int | None,
    user_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    agent_version: int | None = None,
) -> Session:
    """A session without messages. `lifetime`: seconds after its latest turn."""
    now = clock.time()
    return Session(
        session_id=new_id("sess", now),
        agent_id=agent_id,
        agent_version=agent_version,
        user_id=user_id,
        metadata=metadata or {},
        state="idle",
        message_count=0,
        usage=SessionUsage(),
        expires_at=None if lifetime is None else timestamp(int(now) + lifetime),
        last_activity_at=timestamp(now),
        created_at=timestamp(now),
        expires_in_seconds=lifetime,
    )
