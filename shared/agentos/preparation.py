"""What a turn does before its first upstream call: the prompt, the facts, the plan. Explaining a route stops here."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from agentos.clock import Clock
from agentos.config import Settings, TaskType
from agentos.domain import Agent, Message, Part, Plan, Prompt, Reply, SentMessage, Session, TextPart
from agentos.errors import PayloadTooLarge
from agentos.history import window
from agentos.requests import NewMessage
from agentos.routing.plan import Facts, Standing, make_plan
from agentos.tokens import estimate, estimate_text
from agentos.values import Priority

GENERAL = "general"
PATTERN_CHARACTERS = 20_000
"""How much of a message is searched for a task type: what it is about shows early."""


class History(Protocol):
    """Where a session's messages are (`store/turns.py`)."""

    def newest_first(self, tenant: str, session: Session, most: int) -> Iterable[tuple[SentMessage | Reply, int]]: ...


class Preparation:
    """The same for a turn and for its explanation."""

    def __init__(self, history: History, standing: Standing, settings: Settings, clock: Clock) -> None:
        self._history = history
        self._standing = standing
        self._settings = settings
        self._clock = clock

    def admit(self, request: NewMessage) -> None:
        """Refuse what is too long to be worth a lease. Raises PayloadTooLarge."""
        content = request.content
        texts = (content,) if isinstance(content, str) else (part.model_dump_json() for part in content)
        most = self._settings.limits.content_bytes
        if sum(len(text.encode()) for text in texts) > most:
            raise PayloadTooLarge(f"content: is longer than {most} bytes.")

    def prepare(self, tenant: str, agent: Agent, session: Session | None, request: NewMessage) -> tuple[Prompt, Plan]:
        """What would be asked, and whom; without a session, of a fresh one."""
        prompt = self._prompt(tenant, agent, session, Message(role=request.role, content=request.content))
        facts = self._facts(agent, session, request, prompt)
        return prompt, make_plan(agent.model, agent.config, facts, self._settings, self._standing)

    def _prompt(self, tenant: str, agent: Agent, session: Session | None, asked: Message) -> Prompt:
        limits, given = self._settings.limits, agent.config.history_tokens
        budget = limits.history_tokens if given is None else given
        stored: Iterable[tuple[SentMessage | Reply, int]] = ()
        if session and session.message_count and limits.history_messages:
            stored = self._history.newest_first(tenant, session, limits.history_messages)
        messages = ((Message(role=message.role, content=message.content), tokens) for message, tokens in stored)
        return Prompt(
            messages=(*window(messages, budget - estimate(asked)), asked),
            instructions=agent.config.instructions,
            parameters=agent.config.parameters(),
        )

    def _facts(self, agent: Agent, session: Session | None, request: NewMessage, prompt: Prompt) -> Facts:
        metadata = {**(session.metadata if session else {}), **request.metadata}
        return Facts(
            task_type=request.task_type or _text(metadata, "taskType") or self._task_type(prompt.messages[-1]),
            priority=request.priority or _priority(metadata),
            metadata=metadata,
            user_id=session.user_id if session else None,
            session_id=session.session_id if session else None,
            has_tools=bool(agent.tools),
            has_images=any(message.has_images for message in prompt.messages),
            structured_output=(agent.config.response_format or {}).get("type") == "json_schema",
            prompt_tokens=estimate_text(prompt.instructions or "") + sum(map(estimate, prompt.messages)),
            completion_tokens=agent.config.max_tokens or 0,
            draw=self._clock.jitter(1.0),
        )

    def _task_type(self, asked: Message) -> str:
        parts = (asked.content,) if isinstance(asked.content, str) else _texts(asked.content)
        text = "\n".join(itertools.islice(parts, 100))[:PATTERN_CHARACTERS]
        types: Iterable[TaskType] = self._settings.routing.task_types
        return next((kind.name for kind in types if kind.expression.search(text)), GENERAL)


def _texts(parts: Iterable[Part]) -> Iterable[str]:
    return (part.text for part in parts if isinstance(part, TextPart))


def _text(metadata: Mapping[str, Any], name: str) -> str | None:
    value = metadata.get(name)
    return value if isinstance(value, str) and value else None


def _priority(metadata: Mapping[str, Any]) -> Priority | None:
    """Free-form metadata may hold anything under that name; only what the contract knows counts."""
    known: dict[Any, Priority] = {"cost": "cost", "latency": "latency", "quality": "quality"}
    value = metadata.get("priority")
    return known.get(value) if isinstance(value, str) else None
