"""The shapes of Anthropic's Messages and models, as the door answers them.

https://platform.claude.com/docs/en/api/messages
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

from tools.contract.door import ChatExtra


class AnswerText(BaseModel):
    """A block of text."""

    type: Literal["text"]
    text: str


class AnswerThinking(BaseModel):
    """What the model thought, where the request has `thinking`."""

    type: Literal["thinking"]
    thinking: str = Field(description="The text of the thoughts, as far as the provider shows it.")
    signature: str = Field(description="What the provider needs back, sealed. Send it back unchanged.")


class AnswerToolUse(BaseModel):
    """What the model wants to have called."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any] = Field(description="The arguments.")


class ThinkingTokens(BaseModel):
    """What of the answer's tokens was thought."""

    thinking_tokens: int = Field(description="Tokens of the model's thoughts.")


class MessageUsage(BaseModel):
    """Tokens of the call that answered; 0 is unknown, too."""

    input_tokens: int = Field(description="Tokens of the prompt, without those of caches.")
    output_tokens: int = Field(description="Tokens of the answer.")
    cache_creation_input_tokens: int = Field(default=0, description="Tokens of the prompt that were cached.")
    cache_read_input_tokens: int = Field(default=0, description="Tokens of the prompt that were read from a cache.")
    output_tokens_details: ThinkingTokens | None = Field(default=None, description="Its parts, where they are known.")


Block = AnswerText | AnswerThinking | AnswerToolUse


class AnthropicMessage(BaseModel):
    """A message in Anthropic's form, with the route beside it."""

    id: str = Field(description="The message's id.")
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[Block] = Field(description="Thoughts, text and calls.")
    stop_reason: str = Field(description="`end_turn`, `max_tokens`, `stop_sequence`, `tool_use` or `refusal`.")
    stop_sequence: str | None = Field(description="Which sequence ended it, where the provider tells.")
    usage: MessageUsage
    agentos: ChatExtra = Field(description="The route and the cost.")


class BegunMessage(BaseModel):
    """A message that has begun: it has no content yet."""

    id: str = Field(description="The message's id.")
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[Block] = Field(description="Empty.")
    stop_reason: None = Field(description="null: the message has not ended.")
    stop_sequence: None = Field(description="null: the message has not ended.")
    usage: MessageUsage


class BeginEvent(BaseModel):
    """`message_start`, the first event."""

    type: Literal["message_start"]
    message: BegunMessage = Field(description="The message without content.")


class PingEvent(BaseModel):
    """`ping`, which says nothing."""

    type: Literal["ping"]


class BlockStartEvent(BaseModel):
    """`content_block_start`, the beginning of a block."""

    type: Literal["content_block_start"]
    index: int = Field(description="The block's place in the content.")
    content_block: Block = Field(description="The block without what follows.")


class BlockDelta(BaseModel):
    """A further piece of a block. It has one field besides its type."""

    type: Literal["text_delta", "input_json_delta", "thinking_delta", "signature_delta"]
    text: str = Field(default="", description="A further piece of the text.")
    partial_json: str = Field(default="", description="The arguments as JSON text, whole.")
    thinking: str = Field(default="", description="A further piece of the thoughts.")
    signature: str = Field(default="", description="The block's signature.")


class BlockDeltaEvent(BaseModel):
    """`content_block_delta`, a further piece of a block."""

    type: Literal["content_block_delta"]
    index: int = Field(description="The block's place in the content.")
    delta: BlockDelta = Field(description="A further piece.")


class BlockStopEvent(BaseModel):
    """`content_block_stop`, the end of a block."""

    type: Literal["content_block_stop"]
    index: int = Field(description="The block's place in the content.")


class StopDelta(BaseModel):
    """Why the message ended."""

    stop_reason: str = Field(description="`end_turn`, `max_tokens`, `stop_sequence`, `tool_use` or `refusal`.")
    stop_sequence: str | None = Field(description="Which sequence ended it, where the provider tells.")


class EndEvent(BaseModel):
    """`message_delta`, why the message ended and what it used."""

    type: Literal["message_delta"]
    delta: StopDelta = Field(description="Why it ended.")
    usage: MessageUsage


class StopEvent(BaseModel):
    """`message_stop`, the last event."""

    type: Literal["message_stop"]
    agentos: ChatExtra = Field(description="The route and the cost.")


class CountExtra(BaseModel):
    """What Anthropic's form has no place for."""

    model: str | None = Field(description="The model that would be asked first; null is none.")
    estimated: bool = Field(description="Whether the count is an estimate.")
    notes: list[str] = Field(description="What the door could not carry.")


class TokenCountAnswer(BaseModel):
    """The tokens of a request."""

    input_tokens: int = Field(description="Tokens of the whole prompt.")
    agentos: CountExtra = Field(description="How they were counted.")


class AnthropicModel(BaseModel):
    """A model that can be asked for, in Anthropic's form."""

    type: Literal["model"]
    id: str = Field(description="`provider:model`, or the bare name of a Claude model.")
    display_name: str = Field(description="`provider:model`")
    created_at: str = Field(description="The beginning of 1970: it is unknown.")
    lifecycle: Literal["active"] = Field(description="How long it will last is unknown.")
    max_input_tokens: int | None = Field(description="The most tokens of prompt and answer; null is unknown.")
    max_tokens: int | None = Field(description="The most tokens of an answer; null is unknown.")


class AnthropicModelList(BaseModel):
    """A page of models in Anthropic's form."""

    data: list[AnthropicModel]
    has_more: bool = Field(description="Whether there are more in the direction of the page.")
    first_id: str | None = Field(description="The first id of the page; null where it is empty.")
    last_id: str | None = Field(description="The last id of the page; null where it is empty.")


class AnthropicFault(BaseModel):
    """What went wrong, in Anthropic's words."""

    type: str = Field(description="Anthropic's word for the status.")
    message: str


class AnthropicFacts(BaseModel):
    """What Anthropic's form has no place for."""

    code: str = Field(description="This API's word, which is stable.")
    details: dict[str, Any] = Field(description="Facts about the error, by code.")


class AnthropicError(BaseModel):
    """An error in Anthropic's form."""

    type: Literal["error"]
    error: AnthropicFault = Field(description="What went wrong.")
    request_id: str = Field(description="The request's id.")
    agentos: AnthropicFacts = Field(description="What Anthropic's form has no place for.")
