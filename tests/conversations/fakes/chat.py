"""Chat Completions, played strictly: what OpenAI and all who took its format over have in common.

https://platform.openai.com/docs/api-reference/chat
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, ClassVar

from tests.conversations.fakes.chat_requests import DATA, parts
from tests.conversations.fakes.model import (
    Answer,
    Call,
    File,
    Image,
    Item,
    Offered,
    Received,
    Result,
    Utterance,
    json_of,
    utterances,
)
from tests.conversations.fakes.provider import FakeProvider, Request, Sent
from tests.conversations.fakes.rules import Asked, Body, Faults, Refused, call_key, require, signature_of

REFUSAL = "I'm sorry, I can't help with that."


class Chat(FakeProvider):
    """A provider of the format; a subclass adds its rules, its errors and its manners."""

    path = "/v1"
    thoughts: ClassVar[str | None] = None
    """The field of an answer that holds what a model thought before it."""

    keyless: ClassVar[bool] = False
    usage_unasked: ClassVar[bool] = False
    """Whether a stream's usage comes though nobody has asked for it."""

    reasons: ClassVar[dict[str, str]] = {
        "stop": "stop",
        "stop_sequence": "stop",
        "length": "length",
        "tool_calls": "tool_calls",
    }

    def error(self, refused: Refused) -> Body:
        """The body of a refusal; OpenAI's form unless the provider has its own."""
        kind = "invalid_request_error" if refused.status < 500 else "server_error"
        return {"error": {"message": refused.words, "type": kind, "param": None, "code": refused.code}}

    def refusal(self, refused: Refused) -> Sent:
        return Sent(json_of(self.error(refused)).encode(), status=refused.status)

    def asked(self, request: Request) -> Asked:
        require(request.path == f"{self.path}/chat/completions", f"there is no {request.path}")
        if not self.keyless and request.headers.get("authorization") != f"Bearer {self.key}":
            raise Refused("Incorrect API key provided", status=401, code="invalid_api_key")
        body = request.json
        if body.get("model") not in self.models:
            raise Refused(f"The model `{body.get('model')}` does not exist", status=404, code="model_not_found")
        self._model = body["model"]
        self._traits = self.models[self._model]
        streamed = body.get("stream") is True
        wanted = (body.get("stream_options") or {}).get("include_usage") is True
        self._with_usage = streamed and (wanted or self.usage_unasked)
        require(body.get("messages"), "messages is empty")
        return Asked(body, self._traits, streamed, self.signed, self.takes(self._model))

    def received(self, asked: Asked) -> Received:
        body = asked.body
        require(not any(kinds_not_taken(asked)), "a part of a type that is not known")
        return Received(
            system="",
            said=_conversation(body["messages"]),
            tools=tuple(map(_offered, body.get("tools") or ())),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
            stop=_stops(body.get("stop")),
            schema=_schema(body.get("response_format")),
            streamed=asked.streamed,
        )

    def whole(self, answer: Answer) -> Sent:
        message: Body = {"role": "assistant", "content": answer.text or None, **self.refused_message(answer)}
        message |= dict(self._thoughts(answer))
        if answer.calls:
            message["tool_calls"] = [self.call(call, place) for place, call in enumerate(answer.calls)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason(answer)}
        body = {"object": "chat.completion", "choices": [choice], "usage": _usage(answer)}
        return Sent(json_of(self._stamped(body)).encode(), headers={"x-request-id": "req_1"})

    def events(self, answer: Answer) -> Iterator[bytes]:
        yield self._chunk({"role": "assistant", "content": None if answer.calls and not answer.text else ""})
        for field, thought in self._thoughts(answer):
            pieces = self.model.pieces(thought) if isinstance(thought, str) else [thought]
            yield from (self._chunk({field: piece}) for piece in pieces)
        for piece in self.model.pieces(answer.text):
            yield self._chunk({"content": piece})
        for field, words in self.refused_message(answer).items():
            yield from (self._chunk({field: piece}) for piece in self.model.pieces(words or ""))
        for index, call in enumerate(answer.calls):
            whole = self.call(call, index)
            first = {"index": index, **whole, "function": {"name": call.name, "arguments": ""}}
            yield self._chunk({"tool_calls": [first]})
            for piece in self.model.pieces(whole["function"]["arguments"]):
                yield self._chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield self._chunk({}, self._reason(answer))
        if self._with_usage:
            yield self._data({"object": "chat.completion.chunk", "choices": [], "usage": _usage(answer)})
        yield b"data: [DONE]\n\n"

    def refused_message(self, answer: Answer) -> Body:
        """What a message says beside, where the model refuses; at most providers nothing: the filter's reason tells."""
        return {}

    def call(self, call: Call, place: int) -> Body:
        """A call, the `place`th of its answer."""
        function = {"name": call.name, "arguments": json_of(call.arguments)}
        return {"id": call.id, "type": "function", "function": function}

    def thought(self, answer: Answer) -> Any:
        """What `thoughts` holds of an answer; its calls are signed with it."""
        call = answer.calls[0] if answer.calls else Call("", "nothing", {"text": answer.text[:20]})
        thought = signature_of(self.name, call.name, call.arguments)
        self.signed |= {call_key(one.name, one.arguments): thought for one in answer.calls}
        return thought

    def _thoughts(self, answer: Answer) -> list[tuple[str, Any]]:
        return [(self.thoughts, self.thought(answer))] if self.thoughts and self._traits.thinks else []

    def _reason(self, answer: Answer) -> str:
        """A filter that cuts an answer off says so."""
        return self.reasons.get(answer.finish, "content_filter")

    def _chunk(self, delta: Body, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage: Body = {"usage": None} if self._with_usage else {}
        return self._data({"object": "chat.completion.chunk", "choices": [choice], **usage})

    def _data(self, event: Body) -> bytes:
        return f"data: {json_of(self._stamped(event))}\n\n".encode()

    def _stamped(self, body: Body) -> Body:
        stamp = {"id": f"chatcmpl-{len(self.model.received)}", "created": 1_790_000_000, "model": self._model}
        return {**stamp, **body}


def _conversation(sent: list[Body]) -> tuple[Utterance, ...]:
    """Every call has its result before anybody says anything else."""
    said: list[Utterance] = []
    calls: list[str] = []
    results: list[Result] = []
    for message in [*sent, {"role": "end"}]:
        if message["role"] == "tool":
            results.append(Result.of(message["tool_call_id"], _text(message["content"])))
            continue
        if results:  # the ids tell them apart, their order nothing
            said.append(Utterance("user", tuple(sorted(results, key=lambda result: calls.index(result.call_id)))))
        calls, results = [call["id"] for call in message.get("tool_calls") or ()], []
        if message["role"] != "end":
            said.append(_utterance(message))
    return utterances(said)


def _utterance(message: Body) -> Utterance:
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    items: list[Item] = [_item(part) for part in parts if part.get("text") != ""]
    items += [_called(call) for call in message.get("tool_calls") or ()]
    role = "system" if message["role"] == "developer" else message["role"]
    return Utterance(role, tuple(items))


def _item(part: Body) -> Item:
    if part["type"] in ("text", "refusal"):
        return str(part[part["type"]])
    if part["type"] in ("file", "input_audio"):
        return file_of(part)
    image = part["image_url"]
    return image_of(str(image if isinstance(image, str) else image["url"]))


def image_of(url: str) -> Image:
    """An image by its data or its address."""
    if found := DATA.fullmatch(url):
        return Image(found[1], base64.b64decode(found[2], validate=True))
    require(url.startswith(("https://", "http://")), "image_url is neither an address nor data")
    return Image(url=url)


def _called(call: Body) -> Call:
    return Call(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _offered(tool: Body) -> Offered:
    function = tool["function"]
    return Offered(function["name"], function.get("description") or "", function.get("parameters") or {})


def _stops(stop: Any) -> tuple[str, ...]:
    return () if stop is None else (stop,) if isinstance(stop, str) else tuple(stop)


def _schema(wanted: Body | None) -> Body | None:
    return dict(wanted["json_schema"]["schema"]) if wanted and wanted["type"] == "json_schema" else None


def _usage(answer: Answer) -> Body:
    return {
        "prompt_tokens": answer.prompt,
        "completion_tokens": answer.completion,
        "total_tokens": answer.prompt + answer.completion,
        "prompt_tokens_details": {"cached_tokens": answer.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def file_of(part: Body) -> File:
    """A file or audio as OpenAI's forms have them."""
    if part["type"] == "input_audio":
        audio = part["input_audio"]
        return File(f"audio/{audio['format']}", base64.b64decode(audio["data"], validate=True))
    given = part.get("file", part)
    if url := given.get("file_url"):
        return File(url=url)
    if found := DATA.fullmatch(given["file_data"]):
        return File(found[1], base64.b64decode(found[2], validate=True))
    return File(url=given["file_data"])


def kinds_not_taken(asked: Asked) -> Iterator[str]:
    """The kinds of files and audio that the model does not take."""
    found = (file_of(part).kind for _, part in parts(asked) if part["type"] in ("file", "input_audio"))
    return (kind for kind in found if kind not in asked.media)


def media(words: str) -> Faults:
    """Files and audio of kinds that the model takes, and files with names."""

    def faults(asked: Asked) -> Iterator[str]:
        yield from (words.format(value=kind) for kind in kinds_not_taken(asked))
        for at, part in parts(asked):
            if part["type"] == "file" and not part["file"].get("filename"):
                yield f"Missing required parameter: '{at}.file.filename'."

    return faults
