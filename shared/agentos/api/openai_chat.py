"""A reply as OpenAI's chat completion, whole or in pieces.

https://platform.openai.com/docs/api-reference/chat/object
"""

from collections.abc import Iterator
from typing import Any

from agentos.api.openai_chat_request import ChatForm
from agentos.api.openai_errors import in_openai_names
from agentos.domain import Reply
from agentos.domain.conversation import REFUSAL
from agentos.kernel import json_text
from agentos.kernel.ids import made_at
from agentos.kernel.values import Value

Json = dict[str, Any]


class ChatCompletion(Value):
    """A `chat.completion`, with our own `agentos` beside OpenAI's fields."""

    body: Json

    def to_json(self) -> Json:
        return self.body


def chat_completion(reply: Reply, form: ChatForm) -> ChatCompletion:
    """`chat.completion`"""
    refused = reply.finish_reason == REFUSAL
    said = {"content": None if refused else reply.content or None, "refusal": reply.content if refused else None}
    message: Json = {"role": "assistant", **said}
    calls = list(_calls(reply))
    if calls:
        message |= {"function_call": calls[0]["function"]} if form.functions else {"tool_calls": calls}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(reply, form)}
    head = chat_head("chat.completion", reply.message_id, reply.model)
    return ChatCompletion(
        body={**head, "choices": [choice], "usage": chat_usage(reply), "agentos": chat_extra(reply, form)}
    )


class ChatChunks:
    """The same in pieces, each a `chat.completion.chunk`. The usage, if it is wanted, has the last chunk to itself."""

    def __init__(self, message_id: str, model: str, form: ChatForm) -> None:
        self._head = self._begin(message_id, model)
        self._form = form
        self._usage: Json = {"usage": None} if form.include_usage else {}
        self._characters = 0
        """Of the answer's text, sent so far."""

    def _begin(self, message_id: str, model: str) -> Json:
        return chat_head("chat.completion.chunk", message_id, model)

    def start(self) -> Json:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def text(self, text: str) -> Json:
        self._characters += len(text)
        return self._chunk({"content": text})

    def reasoning(self, text: str) -> Json:
        """The model's thoughts in the field that DeepSeek began and most clients read."""
        return self._chunk({"reasoning_content": text})

    def end(self, reply: Reply) -> Iterator[Json]:
        """All that comes behind the text."""
        if reply.finish_reason == REFUSAL:
            yield self._chunk({"refusal": reply.content[self._characters :]})
        for index, call in enumerate(_calls(reply)):
            if not self._form.functions:
                yield self._chunk({"tool_calls": [{"index": index, **call}]})
            elif index == 0:
                yield self._chunk({"function_call": call["function"]})
        yield self._chunk({}, _finish_reason(reply, self._form)) | {"agentos": chat_extra(reply, self._form)}
        if self._usage:
            yield {**self._head, "choices": [], "usage": chat_usage(reply)}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**self._head, "choices": [choice], **self._usage}


def chat_head(kind: str, message_id: str, model: str, prefix: str = "chatcmpl-") -> Json:
    """The fields with which every completion and every chunk begins."""
    completion_id = prefix + message_id.removeprefix("msg_")
    return {"id": completion_id, "object": kind, "created": made_at(message_id), "model": model}


def _calls(reply: Reply) -> Iterator[Json]:
    for call in reply.tool_calls:
        text = call.invalid_arguments if call.invalid_arguments is not None else json_text.dump(call.arguments)
        yield {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}


def _finish_reason(reply: Reply, form: ChatForm) -> str:
    return "function_call" if form.functions and reply.tool_calls else chat_reason(reply)


def chat_reason(reply: Reply) -> str:
    """`finish_reason`. A refusal is told by its own field, and its answer has ended like any other."""
    return "stop" if reply.finish_reason == REFUSAL else reply.finish_reason


def chat_usage(reply: Reply) -> Json:
    """Tokens of the call that answered."""
    return {
        # OpenAI's clients expect numbers: a count that is not known is 0 here.
        "prompt_tokens": reply.usage.prompt_tokens or 0,
        "completion_tokens": reply.usage.completion_tokens or 0,
        "total_tokens": reply.usage.total_tokens or 0,
        "prompt_tokens_details": {
            "cached_tokens": reply.usage.cached_tokens or 0,
            "cache_write_tokens": reply.usage.cache_write_tokens or 0,
        },
        "completion_tokens_details": {"reasoning_tokens": reply.usage.reasoning_tokens or 0},
    }


def chat_extra(reply: Reply, form: ChatForm) -> Json:
    """What OpenAI's form has no place for. `notes`: what was not carried, at the door or to the model that answered."""
    notes = list(form.notes)
    if reply.route.attempts:
        notes += map(in_openai_names, reply.route.attempts[-1].notes)
    if form.functions and len(reply.tool_calls) > 1:
        notes.append("function_call holds the first call alone: the model made several")
    return {
        "provider": reply.provider,
        "costUsd": reply.usage.cost_usd,
        "notes": notes,
        "route": reply.route.to_json(),
    }
