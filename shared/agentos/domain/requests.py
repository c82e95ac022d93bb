"""What a client asks for: agents, sessions and messages to create, validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from agentos.domain import (
    AgentConfig,
    CacheTime,
    Content,
    GivenParameters,
    Message,
    NewResultContent,
    Tool,
    ToolCall,
    VendorExtras,
)
from agentos.domain.names import ModelName, Priority
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import ErrorClass
from agentos.kernel.validation import validated
from agentos.kernel.values import Value, Whole

MAX_NAME = 256
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
FreeForm = dict[str, Any]
"""A JSON object that is kept exactly as it was given."""

YEAR_SECONDS = 366 * 24 * 3600

SimulatedFailures = Annotated[dict[str, ErrorClass], Field(max_length=64, exclude=True)]
"""Providers that are to fail, and how. It is a matter of one request, so no stored or queued message has it."""


class NewAgent(Value):
    """Body of `POST /agents`, and what an agent must still be after a `PATCH`."""

    name: Name
    description: Annotated[str, Field(max_length=4096)] = ""
    model: ModelName
    tools: Annotated[tuple[Tool, ...], Field(max_length=128)] = ()
    config: AgentConfig = AgentConfig()


class ForkFrom(Value):
    """Whose messages a session begins with: all of them, or those up to and including one."""

    session_id: Name
    up_to_message_id: Name | None = None


class NewSession(Value):
    """Body of `POST …/sessions`; may be absent."""

    user_id: Name | None = None
    metadata: FreeForm = {}
    agent_version: Annotated[Whole, Field(ge=1)] | None = None
    expires_in_seconds: Annotated[Whole, Field(ge=1, le=YEAR_SECONDS)] | None = None
    fork_from: ForkFrom | None = None


class NewMessage(Value):
    """Body of `POST …/messages`."""

    role: Literal["user", "system"] = "user"
    content: Content
    task_type: Name | None = None
    priority: Priority | None = None
    metadata: FreeForm = {}
    parameters: GivenParameters = GivenParameters()
    simulate_failures: SimulatedFailures = {}


class ToolResult(Value):
    """What a tool call gave: body of `POST …/messages` while calls are open."""

    role: Literal["tool"]
    tool_call_id: Name
    content: NewResultContent
    metadata: FreeForm = {}
    parameters: GivenParameters = GivenParameters()
    simulate_failures: SimulatedFailures = {}


class EarlierAnswer(Value):
    """What an assistant said before, in a history that a client brings along."""

    role: Literal["assistant"]
    content: NewResultContent
    tool_calls: tuple[ToolCall, ...] = ()
    parameters: GivenParameters = GivenParameters()


Sent = NewMessage | ToolResult | EarlierAnswer
"""What a client may add to a session."""


class TurnOverride(Value):
    """What holds for one turn in the place of its agent's own: `models` (the first and its fallbacks) and `tools`; and
    `instructions`, which follow the agent's. None leaves the agent's own."""

    models: tuple[ModelName, ...] | None = None
    tools: tuple[Tool, ...] | None = None
    instructions: str | None = None


class RouteQuery(NewMessage):
    """Body of `POST …/route`: a message, the session that it would be sent to, and a merge patch of the agent that is
    tried without being stored."""

    session_id: str | None = None
    agent: FreeForm | None = None


class WhatIfRequest(Value):
    """Body of `POST …/what-if`: a stored reply, and how another would be given in its place: by the agent with a merge
    patch, and with parameters over the agent's."""

    message_id: Name
    agent: FreeForm | None = None
    parameters: GivenParameters = GivenParameters()


@dataclass(frozen=True)
class CompletionRequest:
    """What a door asks for.

    `model`: `provider:model`, several separated by commas (the first and its fallbacks), or `agent:<agentId>`.
    `parameters` replace the agent's own. `tools`: None leaves the agent's own. `door`: which one it is.
    `show_reasoning`: the reply and the stream have the model's thoughts, as far as its provider shows them.
    `extras`: what only one vendor's providers are told. `tools_cache`: the prompt up to the end of the tools shall be
    cached. `cache_key`: what requests of one conversation have in common. `dimensions`: of embeddings, how long the
    vectors shall be.
    """

    door: str
    model: str
    messages: tuple[Message, ...]
    parameters: GivenParameters = field(default_factory=GivenParameters)
    tools: tuple[Tool, ...] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    show_reasoning: bool = False
    extras: VendorExtras | None = None
    tools_cache: CacheTime | None = None
    dimensions: int | None = None
    cache_key: str | None = None


class QueueMessage(NamedTuple):
    """A message. `document`: its body's JSON value, None where the body is no JSON. `receives`: how often it has been
    delivered, this time among them."""

    message_id: str
    document: Any
    receives: int
    receipt: str
    deadline: Deadline


def kept_sent(message: Sent) -> dict[str, Any]:
    """What `sent_of` reads: JSON with the signatures of calls, which JSON for clients has not."""
    document = message.to_json()
    for call, kept in zip(getattr(message, "tool_calls", ()), document.get("toolCalls", ()), strict=True):
        kept |= {"signature": call.signature}
    return document


def sent_of(value: Any) -> Sent:
    """What a client sent, from JSON that was validated before. Raises InvalidRequest."""
    kinds: dict[Any, type[Sent]] = {"tool": ToolResult, "assistant": EarlierAnswer}
    return validated(kinds.get(value.get("role"), NewMessage), value)
