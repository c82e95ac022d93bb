"""What a turn does before its first upstream call: the prompt, the facts, the plan. Explaining a route stops here."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from agentos.domain import (
    Agent,
    CachedPrefix,
    Message,
    Parameters,
    Part,
    Plan,
    Prompt,
    Reply,
    SentMessage,
    Session,
    TextPart,
    Tool,
)
from agentos.domain.callers import Caller
from agentos.domain.history import window
from agentos.domain.names import Priority
from agentos.domain.requests import CompletionRequest, NewMessage
from agentos.domain.token_estimates import estimate, estimate_prompt
from agentos.kernel.clock import Clock
from agentos.providers.limits import limits_of
from agentos.routing.plan import Facts, TargetStats, make_plan
from agentos.services.cached_prefixes import cached_prefix, last_reply
from agentos.services.pseudonyms import Pseudonyms
from agentos.services.tool_definitions import offered_tools
from agentos.services.turn_messages import asked_of
from agentos.settings.loading import Settings
from agentos.settings.schema import TaskType

GENERAL = "general"
PATTERN_CHARACTERS = 20_000
"""How much of a message is searched for a task type: what it is about shows early."""


class History(Protocol):
    """Where a session's messages are (`store/turns.py`)."""

    def newest(self, tenant: str, session: Session, count: int) -> list[SentMessage | Reply]: ...


class Hints(NamedTuple):
    """What a message says of itself for its routing."""

    task_type: str | None = None
    priority: Priority | None = None
    metadata: Mapping[str, Any] = {}

    @classmethod
    def of(cls, message: SentMessage | NewMessage) -> "Hints":
        return cls(message.task_type, message.priority, message.metadata)


R_contra = TypeVar("R_contra", bound=CompletionRequest, contravariant=True)


class RequestPreparation(Protocol[R_contra]):
    """Prepares requests of one kind: a door's, or another's that has more to say."""

    def of_request(
        self, caller: Caller, agent: Agent, request: R_contra, *, streamed: bool = False
    ) -> tuple[Prompt, Plan]:
        """The prompt and its plan. `streamed`: the answer is wanted as a stream."""
        ...


class Preparation:
    """The same for a turn and for its explanation. `stats` gives those for the settings of a tenant."""

    def __init__(
        self,
        history: History,
        stats: Callable[[Settings], TargetStats],
        settings: Settings,
        pseudonyms: Pseudonyms,
        clock: Clock,
    ) -> None:
        self._history = history
        self._stats = stats
        self._settings = settings
        self._pseudonyms = pseudonyms
        self._clock = clock

    def of_request(
        self, caller: Caller, agent: Agent, request: CompletionRequest, *, streamed: bool = False
    ) -> tuple[Prompt, Plan]:
        """The prompt of a door's request, and its plan."""
        hints = Hints(metadata=request.metadata)
        return self.prepare(caller, agent, None, request.messages, hints, streamed=streamed, request=request)

    def prepare(
        self,
        caller: Caller,
        agent: Agent,
        session: Session | None,
        asked: Sequence[Message],
        hints: Hints,
        *,
        streamed: bool = False,
        request: CompletionRequest | None = None,
    ) -> tuple[Prompt, Plan]:
        """The prompt and its plan; without a session, for a new one. `streamed`: the answer is wanted as a stream.

        `request`: what a door asks for, of which only what concerns providers alone is read here.
        """
        history = self._newest(caller.tenant, agent, session, asked) if session else []
        if asked[0].role == "tool":  # the answer to calls is routed as the message that led to them
            opening = next((m for m in reversed(history) if m.role in ("user", "system")), None)
            hints = Hints.of(opening) if isinstance(opening, SentMessage) else hints
        instructions, tools = agent.config.instructions or "", offered_tools(agent)
        prompt = Prompt(
            messages=(*map(said, history), *asked),
            instructions=instructions if instructions.strip() else None,
            tools=tools,
            parameters=self._parameters(caller.tenant, agent, tools),
            cache_key=self._cache_key(caller.tenant, session, request),
            tools_cache=request.tools_cache if request else None,
            grows=session is None or len(history) == session.message_count,
            extras=request.extras if request else None,
        )
        settings = self._settings.of(caller.tenant)
        facts = self._facts(agent, session, prompt, hints)._replace(
            streamed=streamed,
            allowed=caller.may_use,
            prefix=self._prefix(history, prompt, settings),
        )
        return prompt, make_plan(agent.model, agent.config, facts, settings, self._stats(settings))

    def _cache_key(self, tenant: str, session: Session | None, request: CompletionRequest | None) -> str | None:
        if session:
            return self._pseudonyms.of(tenant, "session", session.session_id)
        return self._pseudonyms.of(tenant, "cacheKey", request.cache_key) if request and request.cache_key else None

    def _prefix(
        self, history: Sequence[SentMessage | Reply], prompt: Prompt, settings: Settings
    ) -> CachedPrefix | None:
        """What of the prompt is in the cache of the model that gave the last answer."""
        last = last_reply(history)
        if last is None or not prompt.grows or prompt.parameters.prompt_cache == "off":
            return None
        target = settings.target(last.model, "")
        provider = settings.providers.get(target.provider)
        if provider is None:
            return None
        marked = limits_of(provider, target.facts).cache_marks > 0
        return cached_prefix(history, target.facts, marked, self._clock.time())

    def _newest(
        self, tenant: str, agent: Agent, session: Session, asked: Sequence[Message]
    ) -> list[SentMessage | Reply]:
        limits, given = self._settings.limits, agent.config.history_tokens
        budget = (limits.history_tokens if given is None else given) - sum(map(estimate, asked))
        count = window(session.turns, budget, limits.history_messages, open_turn=bool(session.open_calls))
        return self._history.newest(tenant, session, count)

    def _facts(self, agent: Agent, session: Session | None, prompt: Prompt, hints: Hints) -> Facts:
        metadata = {**(session.metadata if session else {}), **hints.metadata}
        return Facts(
            task_type=hints.task_type or _text(metadata, "taskType") or self._task_type(_asked(prompt)),
            priority=hints.priority or _priority(metadata),
            metadata=metadata,
            user_id=session.user_id if session else None,
            session_id=session.session_id if session else None,
            has_tools=prompt.has_tools,
            has_images=any(message.has_images for message in prompt.messages),
            image_kinds=frozenset(kind for message in prompt.messages for kind in message.image_kinds),
            file_kinds=frozenset(kind for message in prompt.messages for kind in message.file_kinds),
            audio_formats=frozenset(one for message in prompt.messages for one in message.audio_formats),
            response_format=prompt.parameters.response_format,
            tool_choice=prompt.parameters.tool_choice is not None,
            structured_output=(agent.config.response_format or {}).get("type") == "json_schema",
            prompt_tokens=estimate_prompt(prompt),
            completion_tokens=agent.config.max_tokens or 0,
            draw=self._clock.jitter(1.0),
            time=self._clock.time(),
        )

    def _parameters(self, tenant: str, agent: Agent, tools: Sequence[Tool]) -> Parameters:
        """How to answer. Without tools there is nothing to choose from, and some providers refuse what speaks of it."""
        given = agent.config.parameters()
        choice = {"tool_choice": None, "parallel_tool_calls": None}
        speaks_of_tools = given.tool_choice is not None or given.parallel_tool_calls is not None
        changed: dict[str, Any] = choice if speaks_of_tools and not tools else {}
        if given.user:
            changed["user"] = self._pseudonyms.of(tenant, "user", given.user)
        return given.model_copy(update=changed) if changed else given

    def _task_type(self, asked: Message) -> str:
        parts = (asked.content,) if isinstance(asked.content, str) else _texts(asked.content)
        text = "\n".join(itertools.islice(parts, 100))[:PATTERN_CHARACTERS]
        types: Iterable[TaskType] = self._settings.routing.task_types
        return next((kind.name for kind in types if kind.expression.search(text)), GENERAL)


def said(message: SentMessage | Reply) -> Message:
    """A stored message as a provider is told it."""
    if isinstance(message, Reply):
        return Message(role="assistant", content=message.content, tool_calls=message.tool_calls)
    return asked_of(message)


def _asked(prompt: Prompt) -> Message:
    """The last message that is no part of a tool call's business."""
    return next((m for m in reversed(prompt.messages) if m.role in ("user", "system")), prompt.messages[-1])


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
