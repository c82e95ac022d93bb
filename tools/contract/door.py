"""The shapes of OpenAI's chat completions and models, as the door answers them.

https://platform.openai.com/docs/api-reference/chat
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

from agentos.domain import Route


class FunctionCall(BaseModel):
    """A call of a function."""

    name: str
    arguments: str = Field(description="The arguments as JSON text.")


class ChatCall(BaseModel):
    """A tool call."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class AnswerMessage(BaseModel):
    """The assistant's message. Only the form before tools has `function_call`."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None = Field(description="null: a refusal is an error with the code `content_filtered`.")
    tool_calls: list[ChatCall] = Field(default=[], description="What the model wants to have called.")
    function_call: FunctionCall | None = Field(default=None, description="A call in the form before tools.")


class Choice(BaseModel):
    """The one choice that there is."""

    index: int = Field(description="0.")
    message: AnswerMessage = Field(description="The answer.")
    logprobs: None = Field(description="null: there are none yet.")
    finish_reason: str = Field(
        description="`stop`, `length`, `tool_calls`, `function_call`, or the provider's own word."
    )


class PromptDetails(BaseModel):
    """What the prompt's tokens were."""

    cached_tokens: int = Field(description="Tokens that the provider read from its cache.")
    cache_write_tokens: int = Field(description="Tokens that the provider wrote to its cache.")


class ChatUsage(BaseModel):
    """Tokens of the call that answered; 0 is unknown, too."""

    prompt_tokens: int = Field(description="Tokens of the prompt.")
    completion_tokens: int = Field(description="Tokens of the answer.")
    total_tokens: int = Field(description="Both together.")
    prompt_tokens_details: PromptDetails = Field(description="What the prompt's tokens were.")


class ChatExtra(BaseModel):
    """What OpenAI's form has no place for."""

    provider: str
    costUsd: float | None  # noqa: N815
    notes: list[str] = Field(description="What was not carried, at the door or to the model that answered.")
    route: Route


class ChatCompletion(BaseModel):
    """A chat completion in OpenAI's form, with the route beside it."""

    id: str = Field(description="The completion's id.")
    object: Literal["chat.completion"] = Field(description="The kind.")
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[Choice] = Field(description="The answer.")
    usage: ChatUsage
    agentos: ChatExtra = Field(description="The route and the cost.")


class CallDelta(BaseModel):
    """A tool call, whole."""

    index: int = Field(description="Its place among the calls.")
    id: str
    type: Literal["function"]
    function: FunctionCall


class Delta(BaseModel):
    """A further piece of the message."""

    role: Literal["assistant"] = "assistant"
    content: str | None = Field(default="", description="A further piece of the text.")
    refusal: str | None = Field(default=None, description="null: a refusal is an error.")
    tool_calls: list[CallDelta] = Field(default=[], description="A tool call, whole.")
    function_call: FunctionCall | None = Field(default=None, description="A call in the form before tools.")


class ChunkChoice(BaseModel):
    """The one choice that there is."""

    index: int = Field(description="0.")
    delta: Delta = Field(description="A further piece of the message.")
    logprobs: None = Field(description="null: there are none yet.")
    finish_reason: str | None = Field(description="Why the answer ended; null before its end.")


class ChatCompletionChunk(BaseModel):
    """A piece of a chat completion. The last before `[DONE]` has the usage, where the client asked for it."""

    id: str = Field(description="The completion's id.")
    object: Literal["chat.completion.chunk"] = Field(description="The kind.")
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[ChunkChoice] = Field(description="A further piece; none in the chunk with the usage.")
    usage: ChatUsage | None = Field(default=None, description="null in all chunks but the last.")
    agentos: ChatExtra | None = Field(default=None, description="The route, in the chunk that ends the answer.")


class TextChoice(BaseModel):
    """The one choice that there is."""

    text: str = Field(description="The text that follows the prompt, or a further piece of it.")
    index: int = Field(description="0.")
    logprobs: None = Field(description="null: there are none yet.")
    finish_reason: str | None = Field(description="Why the text ended; in a stream null before its end.")


class TextCompletion(BaseModel):
    """A text completion in OpenAI's form, with the route beside it."""

    id: str = Field(description="The completion's id.")
    object: Literal["text_completion"] = Field(description="The kind.")
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[TextChoice] = Field(description="The text.")
    usage: ChatUsage
    agentos: ChatExtra = Field(description="The route and the cost.")


class TextCompletionChunk(BaseModel):
    """A piece of a text completion. The last before `[DONE]` has the usage, where the client asked for it."""

    id: str = Field(description="The completion's id.")
    object: Literal["text_completion"] = Field(description="The kind.")
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[TextChoice] = Field(description="A further piece; none in the chunk with the usage.")
    usage: ChatUsage | None = Field(default=None, description="null in all chunks but the last.")
    agentos: ChatExtra | None = Field(default=None, description="The route, in the chunk that ends the answer.")


class EmbeddedInput(BaseModel):
    """A vector."""

    object: Literal["embedding"] = Field(description="The kind.")
    index: int = Field(description="The place of its text in the request.")
    embedding: list[float] | str = Field(description="The numbers, or base64 of them as 32-bit floats.")


class EmbeddingsUsage(BaseModel):
    """Tokens of the call that answered; 0 is unknown, too."""

    prompt_tokens: int = Field(description="Tokens of all texts.")
    total_tokens: int = Field(description="The same.")


class EmbeddingList(BaseModel):
    """Embeddings in OpenAI's form, with the route beside them."""

    object: Literal["list"] = Field(description="The kind.")
    data: list[EmbeddedInput]
    model: str
    usage: EmbeddingsUsage
    agentos: ChatExtra = Field(description="The route and the cost.")


class Model(BaseModel):
    """A model that can be asked for."""

    id: str = Field(description="`provider:model`")
    object: Literal["model"] = Field(description="The kind.")
    created: int = Field(description="0: it is unknown.")
    owned_by: str = Field(description="The provider.")


class ModelList(BaseModel):
    """The configured models of the available providers."""

    object: Literal["list"] = Field(description="The kind.")
    data: list[Model]


class DoorFault(BaseModel):
    """What went wrong, in OpenAI's words."""

    message: str
    type: str = Field(description="OpenAI's word for the status.")
    param: str | None = Field(description="The field that is wrong, as the client wrote it; null is none.")
    code: str = Field(description="This API's word, which is stable.")


class DoorFacts(BaseModel):
    """What OpenAI's form has no place for."""

    details: dict[str, Any] = Field(description="Facts about the error, by code.")
    requestId: str = Field(description="The request's id.")  # noqa: N815


class DoorError(BaseModel):
    """An error in OpenAI's form."""

    error: DoorFault = Field(description="What went wrong.")
    agentos: DoorFacts = Field(description="What OpenAI's form has no place for.")
