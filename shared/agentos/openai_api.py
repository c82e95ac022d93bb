"""OpenAI's shapes at our own door: a chat request in, a completion, its events or an error out. Pure translation.

Lenient where the rest of the API is strict, as OpenAI's clients expect: what is not known is ignored. What would change
the answer if it were ignored is refused instead.

https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agentos import json_text
from agentos.config import Settings
from agentos.domain import Agent, AgentConfig, Content, Message, Parameters, Reply, Tool, ToolCall, ToolChoice
from agentos.errors import ApiError, InvalidRequest, Unsupported
from agentos.ids import made_at
from agentos.requests import validated
from agentos.values import Value

Json = dict[str, Any]

PARAMETERS = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxTokens": "max_tokens",
    "stop": "stop",
    "responseFormat": "response_format",
}
"""An agent's parameters by OpenAI's names."""


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ChatFunction(_Lenient):
    """What is called, with arguments as JSON text."""

    name: str
    arguments: str = ""


class ChatToolCall(_Lenient):
    """A call in the history."""

    id: str
    function: ChatFunction


class ChatMessage(_Lenient):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Json] | None = None
    tool_calls: list[ChatToolCall] | None = None
    tool_call_id: str | None = None


class StreamOptions(_Lenient):
    """`include_usage` adds an event with the usage."""

    include_usage: bool = False


class ChatRequest(_Lenient):
    """Body of `POST /v1/chat/completions`."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    temperature: Any = None
    top_p: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None
    stop: Any = None
    response_format: Any = None
    tools: tuple[Tool, ...] | None = None
    tool_choice: str | Json | None = None
    parallel_tool_calls: bool | None = None
    n: int | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: Json | None = None

    def config(self, agent: AgentConfig) -> AgentConfig:
        """The agent's configuration with what the request says laid over it. Raises InvalidRequest."""
        given = {name: getattr(self, theirs) for name, theirs in PARAMETERS.items()}
        given["maxTokens"] = self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
        if given["responseFormat"] == {"type": "text"}:
            given["responseFormat"] = None
        changes = {name: value for name, value in given.items() if value is not None}
        return validated(AgentConfig, {**agent.to_json(), **changes})

    def offered(self, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
        """The request's tools, else those given. Raises Unsupported."""
        if self.n not in (None, 1):
            raise Unsupported("n: only one choice is given.", {"capability": "n"})
        if self.tool_choice == "none":
            return ()
        return tools if self.tools is None else self.tools

    def parameters(self, agent: Agent) -> Parameters:
        """How the agent answers, and how it calls what tools it has. Raises InvalidRequest, Unsupported."""
        calling = {"tool_choice": self._choice(agent.tools), "parallel_tool_calls": self.parallel_tool_calls}
        # Without tools there is nothing to call in parallel, and some providers refuse to hear of it.
        return agent.config.parameters().model_copy(update=calling if agent.tools else {})

    def _choice(self, tools: tuple[Tool, ...]) -> ToolChoice | None:
        match self.tool_choice:
            case None | "auto" | "none":
                return None
            case "required":
                choice = ToolChoice()
            case {"type": "function", "function": {"name": str(name)}}:
                choice = ToolChoice(name=name)
            case {"type": "function"}:
                raise InvalidRequest.of("tool_choice.function.name", "is required")
            case {"type": kind} | kind:
                message = f"tool_choice: {kind!r:.80} is not supported; auto, none, required and a function are."
                raise Unsupported(message, {"capability": "tool_choice"})
        if not tools:
            raise InvalidRequest.of("tool_choice", "needs tools to choose from")
        if choice.name is not None and choice.name not in {tool.function.name for tool in tools}:
            raise InvalidRequest.of("tool_choice.function.name", "names none of the tools")
        return choice

    def conversation(self) -> list[Message]:
        """The messages in our form. Raises InvalidRequest."""
        return [_message(f"messages[{index}]", message) for index, message in enumerate(self.messages)]


class ChatCompletion(Value):
    """A `chat.completion`, with our own `agentos` beside OpenAI's fields."""

    body: Json

    def to_json(self) -> Json:
        return self.body


def _message(path: str, message: ChatMessage) -> Message:
    if message.role == "tool" and message.tool_call_id is None:
        raise InvalidRequest.of(f"{path}.tool_call_id", "is required")
    return Message(
        role="system" if message.role == "developer" else message.role,
        content=_content(f"{path}.content", message.content),
        tool_calls=tuple(map(_call, message.tool_calls or ())),
        tool_call_id=message.tool_call_id if message.role == "tool" else None,
    )


class _Parts(Value):
    content: Content


def _content(path: str, content: str | list[Json] | None) -> Any:
    """Text, or parts with what we know of them."""
    if content is None or isinstance(content, str):
        return content or ""
    known = [
        {"type": part.get("type"), **{name: part[name] for name in ("text", "image_url") if name in part}}
        for part in content
    ]
    try:
        return validated(_Parts, {"content": known}).content
    except InvalidRequest as error:
        field, message = error.details["errors"][0].values()
        raise InvalidRequest.of(path + str(field).removeprefix("content"), str(message)) from error


def _call(call: ChatToolCall) -> ToolCall:
    text = call.function.arguments
    try:
        arguments = json_text.parse(text or "{}")
    except json_text.JsonError:
        arguments = None
    valid = isinstance(arguments, dict)
    return ToolCall(
        id=call.id,
        name=call.function.name,
        arguments=arguments if valid else {},
        invalid_arguments=None if valid else text,
    )


def completion(reply: Reply) -> ChatCompletion:
    """`chat.completion`"""
    message: Json = {"role": "assistant", "content": reply.content or None, "refusal": None}
    if reply.tool_calls:
        message["tool_calls"] = list(_calls(reply))
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}
    head = _head("chat.completion", reply.message_id, reply.model)
    return ChatCompletion(body={**head, "choices": [choice], "usage": _usage(reply), "agentos": _extra(reply)})


class Chunks:
    """The same in pieces, each a `chat.completion.chunk`. `with_usage`: the usage has a chunk of its own, the last."""

    def __init__(self, message_id: str, model: str, with_usage: bool) -> None:
        self._head = _head("chat.completion.chunk", message_id, model)
        self._usage: Json = {"usage": None} if with_usage else {}

    def start(self) -> Json:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def text(self, text: str) -> Json:
        return self._chunk({"content": text})

    def end(self, reply: Reply) -> Iterator[Json]:
        """All that comes behind the text."""
        for index, call in enumerate(_calls(reply)):
            yield self._chunk({"tool_calls": [{"index": index, **call}]})
        yield self._chunk({}, reply.finish_reason) | {"agentos": _extra(reply)}
        if self._usage:
            yield {**self._head, "choices": [], "usage": _usage(reply)}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head, "choices": [choice], **self._usage}


def _head(kind: str, message_id: str, model: str) -> Json:
    completion_id = "chatcmpl-" + message_id.removeprefix("msg_")
    return {"id": completion_id, "object": kind, "created": made_at(message_id), "model": model}


def _calls(reply: Reply) -> Iterator[Json]:
    for call in reply.tool_calls:
        text = call.invalid_arguments if call.invalid_arguments is not None else json_text.dump(call.arguments)
        yield {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}


def _usage(reply: Reply) -> Json:
    return {
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "total_tokens": reply.usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.usage.cached_tokens},
    }


def _extra(reply: Reply) -> Json:
    """What OpenAI's form has no place for."""
    return {"provider": reply.provider, "costUsd": reply.usage.cost_usd, "route": reply.route.to_json()}


class Models(Value):
    """`GET /v1/models`"""

    names: tuple[str, ...]

    def to_json(self) -> Json:
        entries = [
            {"id": name, "object": "model", "created": 0, "owned_by": name.partition(":")[0]} for name in self.names
        ]
        return {"object": "list", "data": entries}


def models(settings: Settings) -> Models:
    """The configured models of every provider that is available."""
    available = {name for name, provider in settings.providers.items() if provider.fate[0] == "available"}
    return Models(names=tuple(name for name in settings.models if name.partition(":")[0] in available))


TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def envelope(error: ApiError, request_id: str) -> Json:
    """OpenAI's error envelope, with our details beside."""
    fallback = "invalid_request_error" if error.status < 500 else "server_error"
    fields: Sequence[Json] = error.details.get("errors", ())
    return {
        "error": {
            "message": error.message,
            "type": TYPES.get(error.status, fallback),
            "param": _their_name(fields),
            "code": error.code,
        },
        "agentos": {"details": error.details, "requestId": request_id},
    }


def _their_name(fields: Iterable[Json]) -> str | None:
    first = next((str(entry["field"]) for entry in fields), None)
    return PARAMETERS.get(first, first) if first else None
