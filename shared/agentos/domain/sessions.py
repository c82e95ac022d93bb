"""Sessions, the messages in them, and the turns that add messages."""

from collections.abc import Mapping
from operator import not_
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import Field

from agentos.domain.content import ResultContent
from agentos.domain.conversation import ToolCall
from agentos.domain.names import Priority
from agentos.domain.routing import Route
from agentos.domain.usage import Usage, add_costs
from agentos.kernel.values import Value

T = TypeVar("T")


class SessionUsage(Value):
    """The sum over all upstream calls of a session's turns, as far as their counts are known.

    `cost_usd` is None as soon as one turn's cost is unknown; `unpriced` is the number of such turns.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cost_usd: float | None = 0.0
    unpriced: int = 0

    def plus(self, reply: "Reply") -> "SessionUsage":
        """With a turn's calls added."""
        used = [attempt.usage for attempt in reply.route.attempts if attempt.usage]
        prompt = sum(usage.prompt_tokens or 0 for usage in used)
        completion = sum(usage.completion_tokens or 0 for usage in used)
        return SessionUsage(
            prompt_tokens=self.prompt_tokens + prompt,
            completion_tokens=self.completion_tokens + completion,
            total_tokens=self.total_tokens + prompt + completion,
            cost_usd=add_costs((self.cost_usd, reply.usage.cost_usd)),
            unpriced=self.unpriced + (reply.usage.cost_usd is None),
        )


class SessionFilter(NamedTuple):
    """Which sessions of an agent to list: those of a user, whose ids begin so, and whose metadata has these texts."""

    user_id: str | None = None
    id_prefix: str | None = None
    metadata: Mapping[str, str] = {}

    def matches(self, session: "Session") -> bool:
        """Whether the session's metadata has the texts."""
        return all(session.metadata.get(name) == text for name, text in self.metadata.items())


class Session(Value):
    """A conversation with an agent. `agent_version` None follows the agent's latest version.

    What does not go out: `turns`, the newest messages' lengths in tokens, a tuple a turn, oldest first; `open_calls`,
    the ids of the tool calls that wait for results; `forked_count`, the messages that it began with.
    """

    session_id: str
    agent_id: str
    agent_version: int | None
    user_id: str | None
    metadata: dict[str, Any]
    state: Literal["idle", "running"]
    message_count: int
    usage: SessionUsage
    expires_at: str | None
    last_activity_at: str
    created_at: str
    expires_in_seconds: Annotated[int | None, Field(exclude=True)] = None
    turns: Annotated[tuple[tuple[int, ...], ...], Field(exclude=True)] = ()
    open_calls: Annotated[tuple[str, ...], Field(exclude=True)] = ()
    forked_count: Annotated[int, Field(exclude=True)] = 0


class Reply(Value):
    """The assistant's message as the client gets it, and as it is stored. `incomplete`: it broke off when some of it
    had been told. `reasoning` is what the model thought, where the client asked for it; empty, it is left out."""

    message_id: str
    role: Literal["assistant"] = "assistant"
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str
    state: Literal["completed", "requires_action", "incomplete"] = "completed"
    model: str
    provider: str
    usage: Usage
    route: Route
    created_at: str
    reasoning: Annotated[str, Field(exclude_if=not_)] = ""
    stop_sequence: Annotated[str | None, Field(exclude=True)] = None
    """Which text of `stop` ended it, for doors whose clients are told; None where the provider does not say."""


class SentMessage(Value):
    """The client's message as it is stored and listed. A client that kept a conversation itself may send what an
    assistant said before, with its `tool_calls`; empty, they are left out."""

    message_id: str
    role: Literal["user", "system", "assistant", "tool"]
    content: ResultContent
    tool_call_id: str | None = None
    task_type: str | None
    priority: Priority | None
    metadata: dict[str, Any]
    created_at: str
    tool_calls: Annotated[tuple[ToolCall, ...], Field(exclude_if=not_)] = ()


class IdempotencyKey(Value):
    """What a repeated request is known by: a hash of its key and path, and one of its body."""

    name: str
    body: str
    turn_id: str | None = None
    """Of the long turn that runs under it."""


class Failure(Value):
    """Why a turn that nobody waited for failed: what its client would have been told."""

    code: str
    message: str
    details: dict[str, Any]


class TurnState(Value):
    """How a turn stands that is run later."""

    turn_id: str
    session_id: str
    agent_id: str
    state: Literal["queued", "running", "completed", "failed"]
    reply: Reply | None = None
    error: Failure | None = None
    created_at: str

    @property
    def location(self) -> str:
        """The path at which it can be asked about."""
        return f"/agents/{self.agent_id}/sessions/{self.session_id}/turns/{self.turn_id}"


class Page(Value, Generic[T]):
    """A page of a list; `next_cursor` is None on the last.

    Annotations name `"Page[Agent]"` in quotes: where it is evaluated, pydantic makes a class of its own for it.
    """

    data: tuple[T, ...]
    has_more: bool
    next_cursor: str | None
