"""OpenAI's Chat Completions, played strictly.

https://platform.openai.com/docs/api-reference/chat
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)

from tests.conversations.brain import Answer, Call, Heard, Image, Item, Offered, Result, Utterance, json_of, utterances
from tests.conversations.fronts.front import MODEL, Front, Request, Sent, answered, demand
from tests.conversations.fronts.typed import Typed

WHOLE, STREAMED = Typed(CompletionCreateParamsNonStreaming), Typed(CompletionCreateParamsStreaming)
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
REASONS = {"stop": "stop", "stop_sequence": "stop", "length": "length", "tool_calls": "tool_calls"}
Body = dict[str, Any]


class OpenAIFront(Front):
    provider, path = "openai", "/v1"

    def heard(self, request: Request) -> Heard:
        demand(request.path == "/v1/chat/completions", f"there is no {request.path}")
        demand(request.headers.get("authorization") == f"Bearer {self.key}", "no key")
        body = request.json
        streamed = body.get("stream") is True
        (STREAMED if streamed else WHOLE).check(body)
        demand(body["model"] == MODEL, "no such model")
        demand(streamed or "stream_options" not in body, "stream_options is for streams alone")
        demand(len(body.get("stop") or ()) <= 4, "at most four sequences can stop an answer")
        self._with_usage = streamed and (body.get("stream_options") or {}).get("include_usage") is True
        return Heard(
            system="",
            said=_conversation(body["messages"]),
            tools=tuple(map(_offered, body.get("tools", ()))),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body.get("max_completion_tokens"),
            stop=tuple(body.get("stop") or ()),
            schema=_schema(body.get("response_format")),
            streamed=streamed,
        )

    def whole(self, answer: Answer) -> Sent:
        message: Body = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
        if answer.finish == "refused" and not answer.text:
            message["refusal"] = "I'm sorry, I can't help with that."
        if answer.calls:
            message["tool_calls"] = [_call(call) for call in answer.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(answer)}
        body = {"object": "chat.completion", "choices": [choice], "usage": _usage(answer)}
        return Sent(json_of(self._stamped(body)).encode(), headers={"x-request-id": "req_1"})

    def events(self, answer: Answer) -> Iterator[bytes]:
        begun = {"role": "assistant", "content": None if answer.calls and not answer.text else "", "refusal": None}
        yield self._chunk(begun)
        for piece in self.brain.pieces(answer.text):
            yield self._chunk({"content": piece})
        if answer.finish == "refused" and not answer.text:
            for piece in self.brain.pieces("I'm sorry, I can't help with that."):
                yield self._chunk({"refusal": piece})
        for index, call in enumerate(answer.calls):
            whole = _call(call)
            arguments = whole["function"]["arguments"]
            first = {"index": index, **whole, "function": {"name": call.name, "arguments": ""}}
            yield self._chunk({"tool_calls": [first]})
            for piece in self.brain.pieces(arguments):
                yield self._chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield self._chunk({}, _reason(answer))
        if self._with_usage:
            yield self._data({"object": "chat.completion.chunk", "choices": [], "usage": _usage(answer)})
        yield b"data: [DONE]\n\n"

    def refusal(self, why: str) -> Sent:
        error = {"message": why, "type": "invalid_request_error", "param": None, "code": None}
        return Sent(json_of({"error": error}).encode(), status=400)

    def _chunk(self, delta: Body, reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage: Body = {"usage": None} if self._with_usage else {}
        return self._data({"object": "chat.completion.chunk", "choices": [choice], **usage})

    def _data(self, event: Body) -> bytes:
        return f"data: {json_of(self._stamped(event))}\n\n".encode()

    def _stamped(self, body: Body) -> Body:
        stamp = {"id": f"chatcmpl-{len(self.brain.heard)}", "created": 1_790_000_000, "model": MODEL}
        return {**stamp, **body, "service_tier": "default", "system_fingerprint": "fp_1"}


def _conversation(messages: list[Body]) -> tuple[Utterance, ...]:
    """Every call has its result before anybody says anything else."""
    demand(messages, "messages is empty")
    said: list[Utterance] = []
    calls: list[str] = []
    results: list[Result] = []
    for message in [*messages, {"role": "end"}]:
        if message["role"] == "tool":
            demand(calls, "a message with role 'tool' must follow one with 'tool_calls'")
            results.append(Result.of(message["tool_call_id"], _text(message["content"])))
            continue
        answered(calls, (result.call_id for result in results), in_order=False)
        if results:  # the ids tell them apart, their order nothing
            said.append(Utterance("user", tuple(sorted(results, key=lambda result: calls.index(result.call_id)))))
        calls, results = [call["id"] for call in message.get("tool_calls", ())], []
        demand(len(calls) == len(set(calls)), "two calls with one id")
        if message["role"] != "end":
            said.append(_utterance(message))
    return utterances(said)


def _utterance(message: Body) -> Utterance:
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    items: list[Item] = [_item(part) for part in parts if part.get("text") != ""]
    items += [_called(call) for call in message.get("tool_calls", ())]
    demand(items or content == "", f"a message with role {message['role']!r} says nothing")
    return Utterance(message["role"], tuple(items))


def _item(part: Body) -> Item:
    if part["type"] == "text":
        return str(part["text"])
    url = str(part["image_url"]["url"])
    if url.startswith("https://"):
        return Image(url=url)
    found = re.fullmatch(r"data:(image/\w+);base64,(.*)", url)
    demand(found, "image_url is neither an address nor data")
    assert found
    return Image(found[1], base64.b64decode(found[2], validate=True))


def _called(call: Body) -> Call:
    arguments = json.loads(call["function"]["arguments"])
    demand(isinstance(arguments, dict), "a call's arguments are no object")
    demand(len(call["id"]) <= 40, "a call's id has more than 40 characters")
    return Call(call["id"], call["function"]["name"], arguments)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _offered(tool: Body) -> Offered:
    function = tool["function"]
    demand(NAME.fullmatch(function["name"]), "a function's name is not of the pattern")
    return Offered(function["name"], function.get("description", ""), function["parameters"])


def _schema(wanted: Body | None) -> Body | None:
    if not wanted:
        return None
    demand(wanted["type"] == "json_schema" and NAME.fullmatch(wanted["json_schema"]["name"]), "a schema needs a name")
    return dict(wanted["json_schema"]["schema"])


def _call(call: Call) -> Body:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json_of(call.arguments)}}


def _reason(answer: Answer) -> str:
    """A model that refuses by itself stops; a filter that cuts it off says so."""
    return REASONS.get(answer.finish) or ("content_filter" if answer.text else "stop")


def _usage(answer: Answer) -> Body:
    return {
        "prompt_tokens": answer.prompt,
        "completion_tokens": answer.completion,
        "total_tokens": answer.prompt + answer.completion,
        "prompt_tokens_details": {"cached_tokens": answer.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
