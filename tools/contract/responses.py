"""The shapes of OpenAI's Responses, as the door answers them.

https://platform.openai.com/docs/api-reference/responses/object
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

from tools.contract.door import ChatExtra

Json = dict[str, Any]


class OutputItem(BaseModel):
    """What the model thought (`reasoning`), said (`message`) or wants to have called (`function_call`)."""

    id: str = Field(description="The item's id.")
    type: Literal["message", "function_call", "reasoning"]
    status: str = Field(default="completed", description="`completed`, or `incomplete` where the text was cut.")
    role: Literal["assistant"] = Field(default="assistant", description="Of a message: who speaks.")
    content: list[Json] = Field(default=[], description="Of a message: a part with `output_text`, or with `refusal`.")
    call_id: str = Field(default="", description="Of a call: the id that its output answers.")
    name: str = Field(default="", description="Of a call: the function.")
    arguments: str = Field(default="", description="Of a call: the arguments as JSON text.")
    summary: list[Json] = Field(
        default=[], description="Of reasoning: the text, where `reasoning.summary` asks for it."
    )
    encrypted_content: str | None = Field(default=None, description="Of reasoning: what goes back with the call.")


class InputDetails(BaseModel):
    """What the prompt's tokens were."""

    cached_tokens: int = Field(description="Tokens that the provider read from its cache.")
    cache_write_tokens: int = Field(description="Tokens that the provider wrote to its cache.")


class OutputDetails(BaseModel):
    """What the answer's tokens were."""

    reasoning_tokens: int = Field(description="Tokens of the answer that were reasoning.")


class ResponseUsage(BaseModel):
    """Tokens of the call that answered; 0 is unknown, too."""

    input_tokens: int = Field(description="Tokens of the prompt.")
    input_tokens_details: InputDetails = Field(description="What the prompt's tokens were.")
    output_tokens: int = Field(description="Tokens of the answer.")
    output_tokens_details: OutputDetails = Field(description="What the answer's tokens were.")
    total_tokens: int = Field(description="Both together.")


class ResponseFault(BaseModel):
    """Why an answer broke off, or a response in the background failed."""

    code: Literal["server_error", "rate_limit_exceeded"]
    message: str


class CutDetails(BaseModel):
    """Why a response is incomplete."""

    reason: str = Field(description="`max_output_tokens`")


class ConversationName(BaseModel):
    """The conversation that the response belongs to."""

    id: str = Field(description="The conversation's id.")


class OpenaiResponse(BaseModel):
    """A response in OpenAI's form, with the route beside it."""

    id: str = Field(description="The response's id.")
    object: Literal["response"] = Field(description="The kind.")
    created_at: int = Field(description="Seconds since 1970.")
    completed_at: int | None = Field(description="Seconds since 1970; null before its end.")
    status: str = Field(description="`completed`, `incomplete`, `failed`, `in_progress`, `queued` or `cancelled`.")
    background: bool = Field(description="Whether it was answered in the background.")
    conversation: ConversationName | None = Field(description="The conversation that it belongs to.")
    error: ResponseFault | None = Field(description="Why it failed; null unless it did.")
    incomplete_details: CutDetails | None = Field(description="Why it is incomplete; null unless it is.")
    model: str = Field(description="The model that answered.")
    output: list[OutputItem] = Field(description="The answer.")
    previous_response_id: str | None = Field(description="The response that it goes on from.")
    store: bool = Field(description="Whether it can be read later.")
    usage: ResponseUsage | None
    instructions: str | None
    metadata: Json
    temperature: float | None
    top_p: float | None = Field(description="Draws from the tokens that make up this probability.")
    max_output_tokens: int | None = Field(description="The most tokens of the answer.")
    service_tier: str | None = Field(description="The provider's class of service.")
    safety_identifier: str | None = Field(description="A name for the user.")
    user: str | None = Field(description="The older name of `safety_identifier`.")
    prompt_cache_key: str | None = Field(description="As the client sent it.")
    max_tool_calls: int | None = Field(description="As the client sent it.")
    top_logprobs: int = Field(description="As the client sent it.")
    truncation: str = Field(description="As the client sent it.")
    parallel_tool_calls: bool = Field(description="Whether there may be several calls in one answer.")
    text: Json = Field(description="The form of the answer.")
    reasoning: Json = Field(description="How much the model reasons, and whether it shows that.")
    tools: list[Json] = Field(description="The functions that were offered.")
    tool_choice: Any = Field(description="Which of them had to be called.")
    agentos: "ResponseExtra | None" = Field(
        default=None, description="The route and the cost of an answer that has ended."
    )


class Deleted(BaseModel):
    """What is left of a response or a conversation that was deleted."""

    id: str = Field(description="Its id.")
    object: Literal["response", "conversation.deleted"] = Field(description="The kind.")
    deleted: Literal[True] = Field(description="true.")


class InputItem(BaseModel):
    """A message, a call, or what a call returned."""

    id: str = Field(description="The item's id.")
    type: Literal["message", "function_call", "function_call_output"]
    status: str = Field(description="`completed`")
    role: str = Field(default="", description="Of a message: who speaks.")
    content: list[Json] = Field(default=[], description="Of a message: its parts.")
    call_id: str = Field(default="", description="The call's id.")
    name: str = Field(default="", description="Of a call: the function.")
    arguments: str = Field(default="", description="Of a call: the arguments as JSON text.")
    output: Any = Field(default=None, description="Of an output: a text, or parts.")


class InputItems(BaseModel):
    """A page of a response's input."""

    object: Literal["list"] = Field(description="The kind.")
    data: list[InputItem]
    first_id: str = Field(description="The id of the first item; empty without one.")
    last_id: str = Field(description="The id of the last item; empty without one.")
    has_more: bool = Field(description="Whether there are further items.")


class ItemNotes(BaseModel):
    """What OpenAI's form has no place for."""

    notes: list[str] = Field(description="What of the request was left out.")


class AddedItems(InputItems):
    """The items that were added to a conversation."""

    agentos: ItemNotes = Field(description="What was left out.")


class TokensExtra(BaseModel):
    """What OpenAI's form has no place for."""

    model: str | None = Field(description="The model that would be asked first; null where none can be.")
    estimated: bool = Field(description="Whether the count is an estimate: the provider counts nothing itself.")
    notes: list[str] = Field(description="What of the request was left out.")


class InputTokens(BaseModel):
    """The tokens of a whole prompt."""

    object: Literal["response.input_tokens"] = Field(description="The kind.")
    input_tokens: int = Field(description="With everything that the request goes on from.")
    agentos: TokensExtra = Field(description="How they were counted.")


class ConversationExtra(BaseModel):
    """What OpenAI's form has no place for."""

    agentId: str = Field(description="The agent whose session it is.")  # noqa: N815
    sessionId: str = Field(description="The session.")  # noqa: N815
    notes: list[str] = Field(description="What of the request was left out.")


class Conversation(BaseModel):
    """A session, as OpenAI's clients know it."""

    id: str = Field(description="The conversation's id.")
    object: Literal["conversation"] = Field(description="The kind.")
    created_at: int = Field(description="Seconds since 1970.")
    metadata: Json
    agentos: ConversationExtra = Field(description="The session.")


class ResponseExtra(ChatExtra):
    """What OpenAI's form has no place for."""

    agentId: str = Field(default="", description="Of a stored response: the agent whose session it is in.")  # noqa: N815
    sessionId: str = Field(default="", description="Of a stored response: the session.")  # noqa: N815


class ResponseEvent(BaseModel):
    """An event about a part of the answer, or its end."""

    type: str
    sequence_number: int = Field(description="Its place in the stream, from 0.")
    response: OpenaiResponse | None = Field(default=None, description="The response, as it is now.")
    output_index: int = Field(default=0, description="The place of the item.")
    item_id: str = Field(default="", description="The id of the item.")
    item: OutputItem | None = Field(default=None, description="The item, as it is now.")
    delta: str = Field(default="", description="A further piece.")


_PARTS = ("output_text", "refusal", "function_call_arguments", "reasoning_summary_text")
_KINDS = (
    *("created", "in_progress", "completed", "incomplete", "failed"),
    *("output_item.added", "output_item.done", "content_part.added", "content_part.done"),
    *("reasoning_summary_part.added", "reasoning_summary_part.done"),
    *(f"{part}.{step}" for part in _PARTS for step in ("delta", "done")),
)

RESPONSE_EVENTS: dict[str, tuple[type[BaseModel], ...]] = {
    **{f"response.{kind}": (ResponseEvent,) for kind in _KINDS},
    "error": (ResponseEvent,),
}
