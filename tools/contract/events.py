"""The data of server-sent events, by the events' names."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from agentos.domain import Reply
from tools.contract.anthropic_door import (
    AnthropicError,
    BeginEvent,
    BlockDeltaEvent,
    BlockStartEvent,
    BlockStopEvent,
    EndEvent,
    PingEvent,
    StopEvent,
)
from tools.contract.door import ChatCompletionChunk, DoorError, TextCompletionChunk


class MessageStart(BaseModel):
    """`message.start`, the first event."""

    messageId: str  # noqa: N815
    role: Literal["assistant"]
    model: str
    provider: str


class MessageDelta(BaseModel):
    """`message.delta`, a further piece of the text."""

    delta: Annotated[str, Field(description="A further piece of the text.")]


class ReasoningDelta(BaseModel):
    """`reasoning.delta`, a further piece of the model's thoughts, where `includeReasoning` asks for them."""

    delta: Annotated[str, Field(description="A further piece of the model's thoughts.")]


class ToolCallDelta(BaseModel):
    """`tool_call.delta`, a tool call. It is always whole."""

    index: Annotated[int, Field(description="Its place among the calls.")]
    id: str
    name: str
    arguments: dict[str, Any]
    invalidArguments: str = ""  # noqa: N815


class StreamError(BaseModel):
    """`error`, the last event of a turn that failed after its first word."""

    code: str
    message: str
    details: dict[str, Any]
    requestId: Annotated[str, Field(description="The request's id.")]  # noqa: N815


Events = dict[str, tuple[type[BaseModel], ...]]
"""The models that an event's data may be."""

MESSAGE_EVENTS: Events = {
    "message.start": (MessageStart,),
    "reasoning.delta": (ReasoningDelta,),
    "message.delta": (MessageDelta,),
    "tool_call.delta": (ToolCallDelta,),
    "message.end": (Reply,),
    "error": (StreamError,),
}

CHAT_EVENTS: Events = {"message": (ChatCompletionChunk, DoorError)}
"""OpenAI's events have no names, which makes them `message`
(https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

ANTHROPIC_EVENTS: Events = {
    "message_start": (BeginEvent,),
    "ping": (PingEvent,),
    "content_block_start": (BlockStartEvent,),
    "content_block_delta": (BlockDeltaEvent,),
    "content_block_stop": (BlockStopEvent,),
    "message_delta": (EndEvent,),
    "message_stop": (StopEvent,),
    "error": (AnthropicError,),
}

TEXT_EVENTS: Events = {"message": (TextCompletionChunk, DoorError)}
