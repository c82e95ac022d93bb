"""The OpenAI chat door: translates a chat request to ours, and a reply or an error to OpenAI's JSON.

It is lenient where the rest of the API is strict, because OpenAI's clients expect that: unknown fields are ignored. A
field that would change the answer if it were ignored is rejected.

https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agentos.domain import Content, Message, Reply, Tool, ToolCall, ToolChoice
from agentos.domain.requests import CompletionRequest
from agentos.kernel import json_text
from agentos.kernel.errors import ApiError, InvalidRequest, Unsupported
from agentos.kernel.ids import made_at
from agentos.kernel.validation import validated
from agentos.kernel.values import Value

Json = dict[str, Any]

PARAMETERS = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxTokens": "max_tokens",
    "stop": "stop",
    "responseFormat": "response_format",
}
"""An agent's parameters by OpenAI's names."""

FIELDS = {**PARAMETERS, "toolChoice": "tool_choice", "toolChoice.name": "tool_choice.function.name"}
"""OpenAI's names of our fields, for errors."""


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

    def neutral(self) -> CompletionRequest:
        """The request in the terms that every door shares. Raises InvalidRequest, Unsupported."""
        if self.n not in (None, 1):
            raise Unsupported("n: only one choice is given.", {"capability": "n"})
        return CompletionRequest(
            model=self.model,
            messages=tuple(_message(f"messages[{index}]", message) for index, message in enumerate(self.messages)),
            config=self._config(),
            tools=() if self.tool_choice == "none" else self.tools,
            tool_choice=_choice(self.tool_choice),
            parallel_tool_calls=self.parallel_tool_calls,
            metadata=self.metadata or {},
        )

    def _config(self) -> Json:
        """What the request says of an agent's `config`, by our names."""
        given = {name: getattr(self, theirs) for name, theirs in PARAMETERS.items()}
        given["maxTokens"] = self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
        if given["responseFormat"] == {"type": "text"}:
            given["responseFormat"] = None
        return {name: value for name, value in given.items() if value is not None}


class ChatCompletion(Value):
    """A `chat.completion`, with our own `agentos` beside OpenAI's fields."""

    body: Json

    def to_json(self) -> Json:
        return self.body


def _choice(tool_choice: str | Json | None) -> ToolChoice | None:
    """Which tools must be called. Raises InvalidRequest, Unsupported."""
    match tool_choice:
        case None | "auto" | "none":
            return None
        case "required":
            return ToolChoice()
        case {"type": "function", "function": {"name": str(name)}}:
            return ToolChoice(name=name)
        case {"type": "function"}:
            raise InvalidRequest.of("tool_choice.function.name", "is required")
        case {"type": kind} | kind:
            message = f"tool_choice: {kind!r:.80} is not supported; auto, none, required and a function are."
            raise Unsupported(message, {"capability": "tool_choice"})


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


def chat_completion(reply: Reply) -> ChatCompletion:
    """`chat.completion`"""
    message: Json = {"role": "assistant", "content": reply.content or None, "refusal": None}
    if reply.tool_calls:
        message["tool_calls"] = list(_calls(reply))
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}
    head = _head("chat.completion", reply.message_id, reply.model)
    return ChatCompletion(body={**head, "choices": [choice], "usage": _usage(reply), "agentos": _extra(reply)})


class ChatChunks:
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


TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def error_envelope(error: ApiError, request_id: str) -> Json:
    """OpenAI's error envelope, with our details beside."""
    fallback = "invalid_request_error" if error.status < 500 else "server_error"
    fields = [_renamed(entry) for entry in error.details.get("errors", ())]
    details = {**error.details, "errors": fields} if fields else error.details
    return {
        "error": {
            "message": f"{fields[0]['field']}: {fields[0]['message']}" if fields else error.message,
            "type": TYPES.get(error.status, fallback),
            "param": fields[0]["field"] if fields else None,
            "code": error.code,
        },
        "agentos": {"details": details, "requestId": request_id},
    }


def _renamed(entry: Json) -> Json:
    """An error about a field, which the client knows by OpenAI's name."""
    return {**entry, "field": FIELDS.get(entry["field"], entry["field"])}


def refuse_key(key: object) -> None:
    """Raises Unsupported where there is a key: it would have to keep the answer, and nothing is stored here."""
    if key is not None:
        raise Unsupported(
            "Idempotency-Key: answers are kept in sessions only; leave it out here.", {"capability": "Idempotency-Key"}
        )
