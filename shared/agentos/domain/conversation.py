"""What is said: messages, tools and their calls, the prompt that a provider is asked and the completion it gives."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field

from agentos.domain.content import AudioPart, FilePart, ImagePart, Part, ResultContent
from agentos.domain.parameters import Parameters
from agentos.kernel.values import AsGiven, Value, not_empty

Role = Literal["user", "system", "assistant", "tool"]


def _is_none(text: str | None) -> bool:
    return text is None  # an empty text is one that came


class ToolCall(Value):
    """What the model wants to have called; the client calls it and answers with a message of role `tool`.

    `arguments` is a JSON object whatever the provider sent. Where that was no JSON object, `arguments` is empty and
    `invalid_arguments` holds the text as it came. `signature` is a provider's own, to be handed back to it.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    invalid_arguments: Annotated[str | None, Field(exclude_if=_is_none)] = None
    signature: Annotated[str | None, Field(exclude=True)] = None


CacheTime = Literal["5m", "1h"]
"""How long a provider shall keep a prompt in its cache."""


class Message(Value):
    """One utterance. An assistant's that calls tools may be without words; a `tool` message answers `tool_call_id`.

    `name` tells speakers of the same role apart. `cache`: the prompt up to the end of this message shall be cached.
    """

    role: Role
    content: ResultContent
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    cache: CacheTime | None = None

    @property
    def has_images(self) -> bool:
        return not isinstance(self.content, str) and any(part.type == "image_url" for part in self.content)

    @property
    def image_kinds(self) -> frozenset[str]:
        """The kinds of its images (`ImageUrl.kind`). A tool's result has none: it is sent as text."""
        return frozenset(part.image_url.kind for part in self._sent_parts if isinstance(part, ImagePart))

    @property
    def file_kinds(self) -> frozenset[str]:
        """The kinds of its files (`FileContent.kind`), without those of text, which are sent as text."""
        files = (part.file for part in self._sent_parts if isinstance(part, FilePart))
        return frozenset(file.kind for file in files if not file.is_text)

    @property
    def audio_formats(self) -> frozenset[str]:
        """The formats of its audio."""
        return frozenset(part.input_audio.format for part in self._sent_parts if isinstance(part, AudioPart))

    @property
    def _sent_parts(self) -> tuple[Part, ...]:
        """Its parts, as far as they are sent as such."""
        return () if isinstance(self.content, str) or self.role == "tool" else self.content


class ToolFunction(AsGiven):
    """A function that the client offers; `parameters` is a JSON Schema of an object.

    `strict` asks those providers that can to keep to it; to all others it says nothing. What an agent's own tools may
    be called is checked when the agent is saved (`services/tool_definitions.py`); doors take any name.
    """

    name: Annotated[str, AfterValidator(not_empty)]
    description: str = ""
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


class VendorExtras(Value):
    """What a client of one vendor's API sent for that vendor alone, where there is no neutral form for it.

    Only providers of the wire format `format` get it. Names of `headers` are lower case; `fields` are of the JSON.
    """

    format: str
    headers: dict[str, str] = {}
    fields: dict[str, Any] = {}


class Prompt(Value):
    """Everything that a provider is asked: the system prompt, the conversation, the tools and how to answer.

    Every message that calls tools is followed by the results of all its calls, in any order.
    `tools_cache`, `instructions_cache`: the prompt up to the end of the tools, or of the instructions, shall be cached.
    `cache_key`: what requests of one conversation have in common, for providers that find their caches by it. `grows`:
    the next prompt of the conversation will begin with this one, since no old messages were cut off.
    """

    messages: tuple[Message, ...]
    instructions: str | None = None
    tools: tuple[Tool, ...] = ()
    parameters: Parameters = Field(default_factory=Parameters)
    tools_cache: CacheTime | None = None
    instructions_cache: CacheTime | None = None
    cache_key: str | None = None
    grows: bool = True
    extras: VendorExtras | None = None

    @property
    def has_tools(self) -> bool:
        """Whether the model must know of tools: some are offered, or were called earlier."""
        return bool(self.tools) or any(message.tool_calls or message.tool_call_id for message in self.messages)


TextListener = Callable[[str], None]
"""Gets each piece of a text as it arrives, never an empty one."""


class AnswerListener(NamedTuple):
    """Gets an answer as it arrives. Without `on_reasoning` nobody sees the model's thoughts before the whole answer."""

    on_text: TextListener
    on_reasoning: TextListener | None = None


class EmbeddingPrompt(Prompt):
    """Texts to embed, each a message. `dimensions`: how long the vectors shall be; None leaves it to the model."""

    dimensions: int | None = None


class TokenCount(Value):
    """What a provider counted for one call, in tokens; None is unknown.

    `prompt` includes `cached` and `cache_write`, which includes `cache_write_1h` (entries that last an hour).
    `completion` includes `reasoning`. `cost` is in USD, where the provider itself named it.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int | None = None
    cost: Decimal | None = None


REFUSAL = "refusal"
"""The finish reason of an answer in which the model itself refuses, where its provider marks that."""


class Completion(Value):
    """A provider's answer, whatever its wire format.

    `finish_reason` is `stop`, `length`, `tool_calls`, `refusal`, or the provider's own word where ours have none.
    `refusal`: the words in which the model refuses, which follow the text. `reasoning` is the text of the model's
    thoughts, as far as the provider shows it. `notes` say what of the request was changed or left out for this
    provider, a sentence each. `stop_sequence` ended the answer, where the provider says which did.
    """

    text: str
    refusal: str = ""
    finish_reason: str
    tokens: TokenCount
    tool_calls: tuple[ToolCall, ...] = ()
    notes: tuple[str, ...] = ()
    reasoning: str = ""
    stop_sequence: str | None = None
