"""Anthropic's Messages, played strictly.

https://platform.claude.com/docs/en/api/messages, …/build-with-claude/streaming
"""

import base64
import re
from collections.abc import Iterator
from typing import Any

from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming

from tests.conversations.brain import Answer, Call, Heard, Image, Item, Offered, Result, Utterance, json_of, utterances
from tests.conversations.fronts.front import MODEL, Front, Request, Sent, answered, demand
from tests.conversations.fronts.typed import Typed

WHOLE, STREAMED = Typed(MessageCreateParamsNonStreaming), Typed(MessageCreateParamsStreaming)
VERSIONS = {"2023-06-01", "2026-10-21"}  # the newer, which is the SDK's own, has no temperature any more
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
REASONS = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refused": "refusal",
}
Body = dict[str, Any]


class AnthropicFront(Front):
    provider, path = "anthropic", "/v1"

    def heard(self, request: Request) -> Heard:
        demand(request.path == "/v1/messages", f"there is no {request.path}")
        keys = request.headers.get("x-api-key"), request.headers.get("authorization", "").removeprefix("Bearer ")
        demand(self.key in keys, "no key")
        demand(request.headers.get("anthropic-version") in VERSIONS, "anthropic-version: header is required")
        body = request.json
        streamed = body.get("stream") is True
        (STREAMED if streamed else WHOLE).check(body)
        demand(body["model"] == MODEL, "no such model")
        demand(body["max_tokens"] >= 1, "max_tokens is less than 1")
        demand(0 <= body.get("temperature", 0) <= 1, "temperature is not within 0 and 1")
        demand(all(text.strip() for text in body.get("stop_sequences", ())), "a stop sequence is blank")
        return Heard(
            system=_system(body),
            said=_conversation(body["messages"]),
            tools=tuple(map(_offered, body.get("tools", ()))),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body["max_tokens"],
            stop=tuple(body.get("stop_sequences", ())),
            schema=_schema(body.get("output_config")),
            streamed=streamed,
        )

    def whole(self, answer: Answer) -> Sent:
        content: list[Body] = [{"type": "text", "text": answer.text}] if answer.text else []
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in answer.calls
        ]
        return Sent(json_of(self._message(content, answer, ended=True)).encode(), headers={"request-id": "req_1"})

    def events(self, answer: Answer) -> Iterator[bytes]:
        begun = self._message([], answer, ended=False)
        yield _event({"type": "message_start", "message": begun | {"usage": _usage(answer) | {"output_tokens": 1}}})
        yield _event({"type": "ping"})
        blocks: list[tuple[Body, list[Body]]] = []
        if answer.text:
            pieces = [{"type": "text_delta", "text": piece} for piece in self.brain.pieces(answer.text)]
            blocks.append(({"type": "text", "text": ""}, pieces))
        for call in answer.calls:
            text = json_of(call.arguments) if call.arguments else ""
            parts = ["", *self.brain.pieces(text)]
            pieces = [{"type": "input_json_delta", "partial_json": part} for part in parts]
            blocks.append(({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, pieces))
        for index, (block, deltas) in enumerate(blocks):
            yield _event({"type": "content_block_start", "index": index, "content_block": block})
            for delta in deltas:
                yield _event({"type": "content_block_delta", "index": index, "delta": delta})
            yield _event({"type": "content_block_stop", "index": index})
        ended = {"stop_reason": REASONS[answer.finish], "stop_sequence": answer.stopped_by}
        yield _event({"type": "message_delta", "delta": ended, "usage": {"output_tokens": answer.completion}})
        yield _event({"type": "message_stop"})

    def refusal(self, why: str) -> Sent:
        error = {"type": "invalid_request_error", "message": why}
        return Sent(json_of({"type": "error", "error": error, "request_id": "req_1"}).encode(), status=400)

    def _message(self, content: list[Body], answer: Answer, *, ended: bool) -> Body:
        return {
            "id": f"msg_{len(self.brain.heard)}",
            "type": "message",
            "role": "assistant",
            "model": MODEL,
            "content": content,
            "stop_reason": REASONS[answer.finish] if ended else None,
            "stop_sequence": answer.stopped_by if ended else None,
            "usage": _usage(answer),
        }


def _system(body: Body) -> str:
    if "system" not in body:
        return ""
    given = body["system"]
    texts = [given] if isinstance(given, str) else [block["text"] for block in given]
    demand(texts and all(text.strip() for text in texts), "system: text content blocks must be non-empty")
    return "\n\n".join(texts)


def _conversation(messages: list[Body]) -> tuple[Utterance, ...]:
    demand(messages, "messages: at least one message is required")
    demand(messages[0]["role"] == "user", "messages: first message must use the user role")
    demand(messages[-1]["role"] == "user", "The conversation must end with a user message.")
    calls: list[str] = []
    said: list[Utterance] = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        demand(blocks, "messages: all messages must have non-empty content")
        kinds = [block["type"] for block in blocks]
        results = [block for block in blocks if block["type"] == "tool_result"]
        demand(kinds[: len(results)] == ["tool_result"] * len(results), "tool_result blocks must come first")
        answered(calls, (block["tool_use_id"] for block in results), in_order=True)
        calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        demand(not calls or message["role"] == "assistant", "tool_use blocks can only be in assistant messages")
        said.append(Utterance(message["role"], tuple(map(_item, blocks))))
    return utterances(said)


def _item(block: Body) -> Item:
    match block["type"]:
        case "text":
            demand(block["text"].strip(), "text content blocks must contain non-whitespace text")
            return str(block["text"])
        case "image":
            source = block["source"]
            if source["type"] == "url":
                return Image(url=source["url"])
            return Image(source["media_type"], base64.b64decode(source["data"], validate=True))
        case "tool_use":
            demand(NAME.fullmatch(block["id"]), "tool_use.id is not of the pattern")
            return Call(block["id"], block["name"], block["input"])
    demand(block["type"] == "tool_result", f"nobody sends a block of type {block['type']}")
    content = block.get("content", "")
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return Result.of(block["tool_use_id"], text)


def _offered(tool: Body) -> Offered:
    demand(NAME.fullmatch(tool["name"]), "a tool's name is not of the pattern")
    demand(tool["input_schema"].get("type") == "object", "tools.input_schema.type: Field required")
    return Offered(tool["name"], tool.get("description", ""), tool["input_schema"])


def _schema(config: Body | None) -> Body | None:
    if config is None:
        return None
    schema = dict(config["format"]["schema"])
    demand(_closed(schema), "output_config: for 'object' type, 'additionalProperties' must be set to false")
    return schema


def _closed(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(map(_closed, schema))
    if not isinstance(schema, dict):
        return True
    open_object = schema.get("type") == "object" and schema.get("additionalProperties") is not False
    return not open_object and all(map(_closed, schema.values()))


def _usage(answer: Answer) -> Body:
    """`input_tokens` leaves out what was read from the cache."""
    return {
        "input_tokens": answer.prompt - answer.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": answer.cached,
        "output_tokens": answer.completion,
        "service_tier": "standard",
    }


def _event(event: Body) -> bytes:
    return f"event: {event['type']}\ndata: {json_of(event)}\n\n".encode()
