"""The values that every layer speaks of: frozen, typed, without I/O.

A `Message` is a pure value; identity, order and time belong to what is stored (`StoredMessage`).
Everything here goes out in camelCase through `Value.to_json`.
"""

import re
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, SerializerFunctionWrapHandler, Tag, model_serializer

from agentos.rules import AgentRouting
from agentos.values import Amount, AsGiven, ModelName, Number, Priority, Value, Whole, not_empty, text_or_list

T = TypeVar("T")

Role = Literal["user", "system", "assistant", "tool"]
OptIn = Literal["content_filter", "rejected"]
"""Error classes that fall back only where `config.fallbackOn` names them."""

_IMAGE_URL = re.compile(r"(https?://|data:image/[\w.+-]+;base64,)\S+")


# --- conversation ---------------------------------------------------------------------------


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


class Parameters(Value):
    """How to answer; None leaves it to the provider."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()
    response_format: dict[str, Any] | None = None


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


# --- routing ----------------------------------------------------------------------------------


class ModelFacts(Value):
    """What configuration knows of a model. Sizes in tokens, prices in USD per million tokens."""

    upstream: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Literal["tools", "images", "structuredOutput"]] | None = None
    unsupported: frozenset[Literal["temperature", "topP", "stop", "maxTokens"]] = frozenset()
    price: "Price | None" = None


class Price(Value):
    """USD per million tokens."""

    input: Amount
    output: Amount
    cached_input: Amount | None = None


class Target(Value):
    """A model to ask: as it is written (`gemini:flash-1.5`), and what its provider calls it.

    `despite_health` is set where it is cooling down and nothing better is left.
    """

    model: str
    provider: str
    upstream_model: str
    reason: str
    facts: Annotated[ModelFacts, Field(exclude=True)] = ModelFacts()
    despite_health: Annotated[bool, Field(exclude=True)] = False


class SkipCode(StrEnum):
    """Why a candidate was left out; the first word of its `reason`."""

    UNSUPPORTED = "unsupported"
    CONTEXT_LENGTH = "context_length"
    NOT_CONFIGURED = "not_configured"
    DISABLED = "disabled"
    COOLING_DOWN = "cooling_down"


class Skipped(Value):
    """A candidate that was left out; `reason` begins with a stable word, then says more."""

    model: str
    reason: str

    @classmethod
    def because(cls, model: str, code: SkipCode, text: str) -> "Skipped":
        return cls(model=model, reason=f"{code}: {text}")

    @property
    def code(self) -> str:
        return self.reason.partition(":")[0]


class Assignment(Value):
    """The variant of an experiment that a session was given."""

    name: str
    variant: str


class Plan(Value):
    """Every candidate with its fate: `targets` in the order of trying, `skipped` with reasons."""

    requested: str
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...]
    task_type: str = "general"
    priority: Priority | None = None
    rule: str | None = None
    experiment: Assignment | None = None


class Circuit(Value):
    """A target that is failing: left alone (`open`), or being tried by one caller (`half-open`)."""

    model: str
    state: Literal["open", "half-open"]
    retry_in_seconds: int


class Attempt(Value):
    """One upstream call; `outcome` is `ok` or the error class, `status` the provider's HTTP status if it gave one.

    `notes` tells what of the request was changed for this target, such as a parameter that it does not take.
    """

    model: str
    provider: str
    upstream_model: str
    outcome: str
    status: int | None
    latency_ms: int
    notes: tuple[str, ...] = ()


class Route(Value):
    """Why this model answered."""

    requested: str
    served: str
    rule: str | None
    experiment: Assignment | None
    fallback_used: bool
    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]


# --- what is stored ---------------------------------------------------------------------------


class AgentConfig(AsGiven):
    """How an agent answers."""

    fallback_model: ModelName | None = None
    fallback_models: tuple[ModelName, ...] = ()
    instructions: str | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[Whole, Field(ge=1)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    stop: Stop = ()
    response_format: dict[str, Any] | None = None
    timeout_seconds: Annotated[Number, Field(gt=0, le=900)] | None = None
    history_tokens: Annotated[Whole, Field(ge=0)] | None = None
    fallback_on: tuple[OptIn, ...] = ()
    on_busy: Literal["reject", "queue"] = "reject"
    routing: AgentRouting = AgentRouting()

    def fallbacks(self) -> tuple[str, ...]:
        """The agent's fallbacks in order, both spellings together."""
        return (*((self.fallback_model,) if self.fallback_model else ()), *self.fallback_models)

    def parameters(self) -> Parameters:
        return Parameters(
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            top_p=self.top_p,
            stop=(self.stop,) if isinstance(self.stop, str) else self.stop,
            response_format=self.response_format,
        )


class Agent(Value):
    """A named way of answering; every change makes a new version."""

    agent_id: str
    name: str
    description: str
    model: str
    tools: tuple[Tool, ...]
    config: AgentConfig
    version: int
    created_at: str
    updated_at: str


class SessionUsage(Value):
    """The sum over a session's turns; `cost_usd` is None as soon as one turn's price is unknown."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cost_usd: float | None = 0.0

    def plus(self, usage: "Usage") -> "SessionUsage":
        unknown = self.cost_usd is None or usage.cost_usd is None
        return SessionUsage(
            prompt_tokens=self.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.completion_tokens + usage.completion_tokens,
            total_tokens=self.total_tokens + usage.total_tokens,
            cost_usd=None if unknown else round((self.cost_usd or 0) + (usage.cost_usd or 0), 10),
        )


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


class Usage(Value):
    """What one turn used; `cost_usd` is None where the price is unknown, never 0."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int
    cost_usd: float | None
    latency_ms: int


class Reply(Value):
    """The assistant's message as the client gets it, and as it is stored."""

    message_id: str
    role: Literal["assistant"] = "assistant"
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str
    state: Literal["completed", "requires_action"] = "completed"
    model: str
    provider: str
    usage: Usage
    route: Route
    created_at: str


class SentMessage(Value):
    """The client's message as it is stored and listed."""

    message_id: str
    role: Literal["user", "system", "tool"]
    content: ResultContent
    tool_call_id: str | None = None
    task_type: str | None
    priority: Priority | None
    metadata: dict[str, Any]
    created_at: str


class IdempotencyKey(Value):
    """What a repeated request is known by: a hash of its key and path, and one of its body."""

    name: str
    body: str


class Page(Value, Generic[T]):
    """A page of a list; `next_cursor` is None on the last."""

    data: tuple[T, ...]
    has_more: bool
    next_cursor: str | None
