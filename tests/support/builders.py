"""Domain values with every field filled in, so that a test names only the fields that it is about."""

from typing import Any

from agentos.domain import (
    Agent,
    AgentConfig,
    Attempt,
    AttemptUsage,
    Reply,
    Route,
    SentMessage,
    Session,
    SessionUsage,
    Usage,
)
from agentos.kernel.clock import Clock, timestamp
from agentos.kernel.ids import new_id

NOW = "2026-11-22T12:00:00.000Z"


def an_agent(agent_id: str | None = None, config: dict[str, Any] | None = None, **fields: Any) -> Agent:
    given: dict[str, Any] = {
        "agent_id": agent_id or new_id("agent"),
        "name": "test",
        "description": "",
        "model": "local:any",
        "tools": (),
        "config": AgentConfig.model_validate(config or {}),
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Agent(**{**given, **fields})


def a_session(agent_id: str, clock: Clock, lifetime: int | None = None, **fields: Any) -> Session:
    """`lifetime` is in seconds from now. A session without one never expires."""
    given = {
        "session_id": new_id("sess"),
        "agent_id": agent_id,
        "agent_version": None,
        "user_id": None,
        "metadata": {},
        "state": "idle",
        "message_count": 0,
        "usage": SessionUsage(),
        "expires_at": None if lifetime is None else timestamp(int(clock.time()) + lifetime),
        "last_activity_at": clock.now(),
        "created_at": clock.now(),
        "expires_in_seconds": lifetime,
    }
    return Session(**{**given, **fields})


def a_message(content: Any = "Hello", metadata: dict[str, Any] | None = None, **fields: Any) -> SentMessage:
    given = {
        "message_id": new_id("msg"),
        "role": "user",
        "content": content,
        "task_type": None,
        "priority": None,
        "metadata": metadata or {},
        "created_at": NOW,
    }
    return SentMessage.model_validate({**given, **fields})


def a_reply(content: str = "Hi", cost_usd: float | None = 0.25, **fields: Any) -> Reply:
    usage = fields.get("usage") or Usage(
        prompt_tokens=10, completion_tokens=5, total_tokens=15, cached_tokens=2, cost_usd=cost_usd, latency_ms=20
    )
    counted = AttemptUsage(**{name: getattr(usage, name) for name in AttemptUsage.model_fields})
    attempt = Attempt(
        model="local:any",
        provider="local",
        upstream_model="any",
        outcome="ok",
        status=200,
        latency_ms=12,
        usage=counted,
    )
    given = {
        "message_id": new_id("msg"),
        "content": content,
        "finish_reason": "stop",
        "model": "local:any",
        "provider": "local",
        "usage": usage,
        "route": Route(
            requested="local:any",
            served="local:any",
            rule=None,
            experiment=None,
            fallback_used=False,
            attempts=(attempt,),
            skipped=(),
        ),
        "created_at": NOW,
    }
    return Reply(**{**given, **fields})
