"""A reply as Anthropic's message, whole or in events.

https://platform.claude.com/docs/en/api/messages
https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterator
from typing import Any

from agentos.api.anthropic_errors import NAMES
from agentos.api.anthropic_request import MessagesForm
from agentos.api.sealed_thoughts import seal
from agentos.domain import Reply, ToolCall
from agentos.kernel import json_text
from agentos.kernel.values import Value

Json = dict[str, Any]
Event = tuple[str, Json]

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "refusal": "refusal"}
"""Anthropic's words for our reasons. Any other, which is a provider's own word, is `end_turn`."""

NO_USAGE: Json = {"input_tokens": 0, "output_tokens": 0}
"""Of an answer that has begun: providers count at its end."""


class AnthropicMessage(Value):
    """A `message`, with our own `agentos` beside Anthropic's fields."""

    body: Json

    def to_json(self) -> Json:
        return self.body


def message(reply: Reply, form: MessagesForm) -> AnthropicMessage:
    """The whole message."""
    content = list(_blocks(reply, form))
    head = _head(reply.message_id, reply.model, content, _usage(reply))
    return AnthropicMessage(body={**head, **_stop(reply, form), "agentos": _extra(reply, form)})


class MessageEvents:
    """The same in events, each with its name."""

    def __init__(self, message_id: str, model: str, form: MessagesForm) -> None:
        self._head = _head(message_id, model, [], NO_USAGE)
        self._form = form
        self._index = -1
        self._open = ""
        """The kind of block that is being written; "" for none."""
        self._reasoned = False
        self._characters = 0
        """Of the answer's text, sent so far."""

    def start(self) -> Iterator[Event]:
        yield "message_start", {"type": "message_start", "message": self._head}
        yield "ping", {"type": "ping"}

    def text(self, text: str) -> Iterator[Event]:
        """A further piece of the text."""
        self._characters += len(text)
        yield from self._within({"type": "text", "text": ""})
        yield self._delta({"type": "text_delta", "text": text})

    def reasoning(self, text: str) -> Iterator[Event]:
        """A further piece of the thoughts. Their signature is known only at the end, and has a block of its own."""
        self._reasoned = True
        yield from self._within({"type": "thinking", "thinking": "", "signature": ""})
        yield self._delta({"type": "thinking_delta", "thinking": text})

    def end(self, reply: Reply) -> Iterator[Event]:
        """All that comes behind the text, of which the words of a refusal are left."""
        if rest := reply.content[self._characters :]:
            yield from self.text(rest)
        yield from self._close()
        for block in _blocks(reply, self._form):
            if block["type"] == "tool_use":
                yield from self._call(block)
            elif block["type"] == "thinking":
                yield from self._thinking(block)
        yield "message_delta", {"type": "message_delta", "delta": _stop(reply, self._form), "usage": _usage(reply)}
        yield "message_stop", {"type": "message_stop", "agentos": _extra(reply, self._form)}

    def _call(self, block: Json) -> Iterator[Event]:
        yield from self._within({**block, "input": {}})
        yield self._delta({"type": "input_json_delta", "partial_json": json_text.dump(block["input"])})
        yield from self._close()

    def _thinking(self, block: Json) -> Iterator[Event]:
        text = "" if self._reasoned else block["thinking"]
        if not text and not block["signature"]:
            return
        yield from self._within({"type": "thinking", "thinking": "", "signature": ""})
        if text:
            yield self._delta({"type": "thinking_delta", "thinking": text})
        yield self._delta({"type": "signature_delta", "signature": block["signature"]})
        yield from self._close()

    def _within(self, block: Json) -> Iterator[Event]:
        """The beginning of the block, unless one of its kind is being written."""
        if self._open == block["type"]:
            return
        yield from self._close()
        self._index += 1
        self._open = block["type"]
        start = {"type": "content_block_start", "index": self._index, "content_block": block}
        yield "content_block_start", start

    def _close(self) -> Iterator[Event]:
        if self._open:
            self._open = ""
            yield "content_block_stop", {"type": "content_block_stop", "index": self._index}

    def _delta(self, delta: Json) -> Event:
        return "content_block_delta", {"type": "content_block_delta", "index": self._index, "delta": delta}


def _head(message_id: str, model: str, content: list[Json], usage: Json) -> Json:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _blocks(reply: Reply, form: MessagesForm) -> Iterator[Json]:
    """Thoughts, text and calls. The thoughts that a provider needs back stand right before the call they belong to."""
    first, *others = reply.tool_calls or (None,)
    yield from _thinking(first, reply.reasoning, form)
    if reply.content:
        yield {"type": "text", "text": reply.content}
    if first:
        yield _call(first)
    for call in others:
        yield from _thinking(call, "", form)
        if call:
            yield _call(call)


def _thinking(call: ToolCall | None, reasoning: str, form: MessagesForm) -> Iterator[Json]:
    if form.thinking == "none":
        return
    signature = seal(call.signature) if call and call.signature else ""
    text = reasoning if form.thinking == "shown" else ""
    if text or signature:
        yield {"type": "thinking", "thinking": text, "signature": signature}


def _call(call: ToolCall) -> Json:
    text = call.invalid_arguments
    arguments = call.arguments if text is None else {"invalid_arguments": text}
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def _stop(reply: Reply, form: MessagesForm) -> Json:
    """Why the answer ended. Only a text of the client's own is told: what a provider sends is not passed through."""
    if reply.finish_reason == "stop" and reply.stop_sequence in form.stops:
        return {"stop_reason": "stop_sequence", "stop_sequence": reply.stop_sequence}
    return {"stop_reason": STOP_REASONS.get(reply.finish_reason, "end_turn"), "stop_sequence": None}


def _usage(reply: Reply) -> Json:
    """Tokens in Anthropic's way, whose `input_tokens` are without those of caches. A count that is not known is 0."""
    usage = reply.usage
    cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
    counts = {
        "input_tokens": max(0, (usage.prompt_tokens or 0) - cached - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.completion_tokens or 0,
    }
    if usage.reasoning_tokens is None:
        return counts
    return {**counts, "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens}}


def _extra(reply: Reply, form: MessagesForm) -> Json:
    """What Anthropic's form has no place for. `notes`: what was not carried, at the door or to the model."""
    notes = list(form.notes)
    if reply.route.attempts:
        notes += map(NAMES.in_text, reply.route.attempts[-1].notes)
    if form.thinking == "none" and any(call.signature for call in reply.tool_calls):
        notes.append("the thoughts before the calls were left out: thinking was not asked for")
    return {
        "provider": reply.provider,
        "costUsd": reply.usage.cost_usd,
        "notes": notes,
        "route": reply.route.to_json(),
    }
