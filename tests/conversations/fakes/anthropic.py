"""Anthropic's Messages, played strictly; its rules are in `anthropic_rules`.

https://platform.claude.com/docs/en/api/messages, …/build-with-claude/streaming
"""

import base64
from collections.abc import Iterator
from dataclasses import replace

from tests.conversations.fakes.anthropic_rules import OLDER, RULES, STREAMED, WHOLE, bound_to
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
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request, Sent
from tests.conversations.fakes.rules import UNBOUNDED, Asked, Body, Refused, Traits, require, signature_of

VERSIONS = {"2023-06-01", "2026-10-21"}  # the newer is the SDK's own
REASONS = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refused": "refusal",
}
TYPES = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error"}
EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
NEWEST = Traits(
    frozenset(OLDER), thinks=True, longest=128_000, efforts=EFFORTS, thinking=frozenset({"adaptive", "disabled"})
)


class Anthropic(FakeProvider):
    name, path = "anthropic", "/v1"
    rules = RULES
    models = {
        MODEL: NEWEST,
        "claude-haiku-5-5": NEWEST,
        "claude-sonnet-5-5": replace(NEWEST, thinking=frozenset({"adaptive", "between_tools"})),
        "claude-haiku-4-5": Traits(
            exclusive=True, longest=UNBOUNDED, efforts=frozenset(), thinking=frozenset({"enabled", "disabled"})
        ),
        "claude-sonnet-4-6": Traits(
            exclusive=True,
            longest=UNBOUNDED,
            efforts=EFFORTS - {"xhigh"},
            thinking=frozenset({"adaptive", "enabled", "disabled"}),
        ),
    }

    media = frozenset({"application/pdf", "https"})

    def prepare(self) -> None:
        WHOLE.prepare()
        STREAMED.prepare()

    def asked(self, request: Request) -> Asked:
        require(request.path == "/v1/messages", f"there is no {request.path}")
        keys = request.headers.get("x-api-key"), request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.key not in keys:
            raise Refused("invalid x-api-key", status=401)
        require(request.headers.get("anthropic-version") in VERSIONS, "anthropic-version: header is required")
        body = request.json
        if body.get("model") not in self.models:
            raise Refused(f"model: {body.get('model')}", status=404)
        self._model, self._body = body["model"], body
        return Asked(body, self.models[self._model], body.get("stream") is True, self.signed)

    def received(self, asked: Asked) -> Received:
        body = asked.body
        system = body.get("system", "")
        return Received(
            system=system if isinstance(system, str) else "\n\n".join(block["text"] for block in system),
            said=_conversation(body["messages"]),
            tools=tuple(map(_offered, body.get("tools") or ())),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body["max_tokens"],
            stop=tuple(body.get("stop_sequences") or ()),
            schema=_schema(body.get("output_config")),
            streamed=asked.streamed,
        )

    def _thoughts(self, answer: Answer) -> list[Body]:
        """A model that thinks does so before it calls; what it thought is bound to all that stood before."""
        if not (self.models[self._model].thinks and answer.calls):
            return []
        words = signature_of(self.name, answer.calls[0].name, answer.calls[0].arguments)
        signature = bound_to(self._model, self._body, self._body["messages"])
        self.signed[signature] = words
        return [{"type": "thinking", "thinking": words, "signature": signature}]

    def whole(self, answer: Answer) -> Sent:
        content = self._thoughts(answer)
        content += [{"type": "text", "text": answer.text}] if answer.text else []
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in answer.calls
        ]
        return Sent(json_of(self._message(content, answer, ended=True)).encode(), headers={"request-id": "req_1"})

    def events(self, answer: Answer) -> Iterator[bytes]:
        begun = self._message([], answer, ended=False)
        yield _event({"type": "message_start", "message": begun | {"usage": _usage(answer) | {"output_tokens": 1}}})
        yield _event({"type": "ping"})
        blocks: list[tuple[Body, list[Body]]] = []
        for thought in self._thoughts(answer):
            pieces = [{"type": "thinking_delta", "thinking": piece} for piece in self.model.pieces(thought["thinking"])]
            pieces.append({"type": "signature_delta", "signature": thought["signature"]})
            blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, pieces))
        if answer.text:
            pieces = [{"type": "text_delta", "text": piece} for piece in self.model.pieces(answer.text)]
            blocks.append(({"type": "text", "text": ""}, pieces))
        for call in answer.calls:
            text = json_of(call.arguments) if call.arguments else ""
            parts = ["", *self.model.pieces(text)]
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

    def refusal(self, refused: Refused) -> Sent:
        error = {"type": TYPES[refused.status], "message": refused.words}
        body = {"type": "error", "error": error, "request_id": "req_1"}
        return Sent(json_of(body).encode(), status=refused.status)

    def _message(self, content: list[Body], answer: Answer, *, ended: bool) -> Body:
        return {
            "id": f"msg_{len(self.model.received)}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "stop_reason": REASONS[answer.finish] if ended else None,
            "stop_sequence": answer.stopped_by if ended else None,
            "usage": _usage(answer),
        }


def _conversation(messages: list[Body]) -> tuple[Utterance, ...]:
    said = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        said.append(Utterance(message["role"], tuple(_item(block) for block in blocks if block["type"] != "thinking")))
    return utterances(said)


def _item(block: Body) -> Item:
    match block["type"]:
        case "text":
            return str(block["text"])
        case "image":
            source = block["source"]
            if source["type"] == "url":
                return Image(url=source["url"])
            return Image(source["media_type"], base64.b64decode(source["data"], validate=True))
        case "document":
            source = block["source"]
            if source["type"] == "url":
                return File(url=source["url"])
            return File(source["media_type"], base64.b64decode(source["data"], validate=True))
        case "tool_use":
            return Call(block["id"], block["name"], block["input"])
    require(block["type"] == "tool_result", f"nobody sends a block of type {block['type']}")
    content = block.get("content", "")
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return Result.of(block["tool_use_id"], text)


def _offered(tool: Body) -> Offered:
    return Offered(tool["name"], tool.get("description", ""), tool["input_schema"])


def _schema(config: Body | None) -> Body | None:
    return dict(config["format"]["schema"]) if config and config.get("format") else None


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
