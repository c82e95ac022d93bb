"""What is said: messages, tools and their calls, the prompt that a provider is asked and the completion it gives."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, SerializerFunctionWrapHandler, Tag, model_serializer

from agentos.kernel.values import AsGiven, Value, not_empty, text_or_list

Role = Literal["user", "system", "assistant", "tool"]

_IMAGE_URL = re.compile(r"(https?://|data:image/[\w.+-]+;base64,)\S+")


class TextPart(Value):
    """`{type: "text", text}`"""

    type: Literal["text"]
    text: Annotated[str, AfterValidator(not_empty)]


def _image_url(text: str) -> str:
    if not _IMAGE_URL.fullmatch(text):
        raise ValueError("must be an http(s) address or a data:image/…;base64, URL")
    return text


class ImageUrl(Value):
    """An `https:` address or a `data:image/…;base64,` URL."""

    url: Annotated[str, AfterValidator(_image_url)]
    detail: Literal["auto", "low", "high"] = "auto"


class ImagePart(Value):
    """`{type: "image_url", image_url: {url}}`, OpenAI's form."""

    type: Literal["image_url"]
    image_url: Annotated[ImageUrl, Field(alias="image_url")]


def _part_kind(part: Any) -> str | None:
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    return f"<{kind}>" if kind in ("text", "image_url") else None


# The tags of these unions are in angle brackets so that error paths can leave them out.
Part = Annotated[
    Annotated[TextPart, Tag("<text>")] | Annotated[ImagePart, Tag("<image_url>")],
    Discriminator(_part_kind, "part", 'must be an object whose type is "text" or "image_url"'),
]
Content = Annotated[
    Annotated[str, AfterValidator(not_empty), Tag("<text>")]
    | Annotated[tuple[Part, ...], AfterValidator(not_empty), Tag("<list>")],
    Discriminator(text_or_list, "content", "must be a string or a list of parts"),
]
ResultContent = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[tuple[Part, ...], AfterValidator(not_empty), Tag("<list>")],
    Discriminator(text_or_list, "content", "must be a string or a list of parts"),
]
"""Content that may be no words at all: of an assistant that only calls tools, of a tool that returns nothing."""

Stop = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[tuple[str, ...], Field(max_length=16), Tag("<list>")],
    Discriminator(text_or_list, "stop", "must be a string or a list of strings"),
]


class ToolCall(Value):
    """What the model wants to have called; the client calls it and answers with a message of role `tool`.

    `arguments` is a JSON object whatever the provider sent. Where that was no JSON object, `arguments` is empty and
    `invalid_arguments` holds the text as it came. `signature` is a provider's own, to be handed back to it.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    invalid_arguments: str | None = None
    signature: Annotated[str | None, Field(exclude=True)] = None

    @model_serializer(mode="wrap")
    def _flag_only_if_invalid(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(self)
        unflagged = {"invalid_arguments", "invalidArguments"} if self.invalid_arguments is None else set()
        return {name: value for name, value in document.items() if name not in unflagged}


class Message(Value):
    """One utterance. An assistant's that calls tools may be without words; a `tool` message answers `tool_call_id`."""

    role: Role
    content: ResultContent
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def has_images(self) -> bool:
        return not isinstance(self.content, str) and any(part.type == "image_url" for part in self.content)

    @property
    def has_image_addresses(self) -> bool:
        """Whether an image is given by where it is, not by what it is; in a tool's result that is but text."""
        parts = () if isinstance(self.content, str) or self.role == "tool" else self.content
        return any(part.type == "image_url" and not part.image_url.url.startswith("data:") for part in parts)


class ToolFunction(AsGiven):
    """A function that the client offers; `parameters` is a JSON Schema of an object.

    `strict` asks those providers that can to keep to it; to all others it says nothing.
    """

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: Annotated[str, Field(max_length=4096)] = ""
    parameters: dict[str, Any] = {}
    strict: Annotated[bool, Field(strict=True)] | None = None

    @property
    def arguments_schema(self) -> dict[str, Any]:
        """The parameters as providers want them: without any given, a schema of the empty object."""
        return {"type": "object", "properties": {}, **self.parameters}


class Tool(Value):
    """`{type: "function", function: {name, description, parameters}}`, OpenAI's form."""

    type: Literal["function"]
    function: ToolFunction


class ToolChoice(Value):
    """That tools must be called: the one of this name, or any of those offered."""

    name: str | None = None


class Parameters(Value):
    """How to answer; None leaves it to the provider. The last two are set only where tools are offered."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    response_format: dict[str, Any] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None


class Prompt(Value):
    """Everything that a provider is asked: the system prompt, the conversation, the tools and how to answer.

    Every message that calls tools is followed by the results of all its calls, in any order.
    """

    messages: tuple[Message, ...]
    instructions: str | None = None
    tools: tuple[Tool, ...] = ()
    parameters: Parameters = Parameters()

    @property
    def has_tools(self) -> bool:
        """Whether the model must know of tools: some are offered, or were called earlier."""
        return bool(self.tools) or any(message.tool_calls or message.tool_call_id for message in self.messages)


TextListener = Callable[[str], None]
"""Is told each piece of an answer's text as it comes, never an empty one."""


class TokenCount(Value):
    """What one completion used, in tokens; `prompt` includes `cached`, `completion` includes reasoning."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0


class Completion(Value):
    """A provider's answer, whatever its wire format.

    `finish_reason` is `stop`, `length`, `tool_calls`, or the provider's own word where ours have none.
    """

    text: str
    finish_reason: str
    tokens: TokenCount
    tool_calls: tuple[ToolCall, ...] = ()
