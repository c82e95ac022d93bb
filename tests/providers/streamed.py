"""Recorded answers in the pieces in which their providers would stream them, by their documentation."""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

Events = list[dict[str, Any]]


def pieces(text: Any, length: int = 3) -> Iterator[Any]:
    """The pieces of a text, or the members of a list. Any other value is returned unchanged."""
    if isinstance(text, list):
        yield from ([one] for one in text)
    elif not isinstance(text, str):
        yield text
    else:
        yield from (text[start : start + length] for start in range(0, len(text), length))


def openai(whole: dict[str, Any]) -> Events:
    choice = whole["choices"][0]
    message = choice["message"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for name in ("reasoning_content", "reasoning"):
        deltas += [{name: piece} for piece in pieces(message.get(name) or "")]
    deltas += [{"content": piece} for piece in pieces(message.get("content") or "")]
    deltas += [{"refusal": piece} for piece in pieces(message.get("refusal") or "")]
    for index, call in enumerate(message.get("tool_calls") or []):
        name = {"name": call["function"]["name"], "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": name}]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in pieces(call["function"]["arguments"])
        ]
    chunks: Events = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    return [*chunks, {"choices": [], "usage": whole.get("usage")}]


def gemini(whole: dict[str, Any]) -> Events:
    if not whole.get("candidates"):
        return [whole]
    candidate = whole["candidates"][0]
    parts = (candidate.get("content") or {}).get("parts") or []
    small: list[dict[str, Any]] = []
    for part in parts:
        if "text" in part and "functionCall" not in part:
            small += [{**part, "text": piece} for piece in pieces(part["text"])]
        else:
            small.append(part)
    said: Events = [{"candidates": [{"content": {"role": "model", "parts": [part]}}]} for part in small]
    last = {**whole, "candidates": [{**candidate, "content": {"role": "model", "parts": [{"text": ""}]}}]}
    return [*said, last]


def anthropic(whole: dict[str, Any]) -> Events:
    usage = whole.get("usage") or {}
    events: Events = [
        {"type": "message_start", "message": {"usage": {**usage, "output_tokens": 1}, "content": []}},
        {"type": "ping"},
    ]
    for index, block in enumerate(whole["content"]):
        match block["type"]:
            case "text":
                begun, deltas = (
                    {**block, "text": ""},
                    [("text_delta", "text", piece) for piece in pieces(block["text"])],
                )
            case "thinking":
                begun = {**block, "thinking": "", "signature": ""}
                deltas = [("thinking_delta", "thinking", piece) for piece in pieces(block["thinking"])]
                deltas.append(("signature_delta", "signature", block["signature"]))
            case "tool_use":
                begun = {**block, "input": {}}
                deltas = [("input_json_delta", "partial_json", "")]
                text = json.dumps(block["input"]) if block["input"] else ""
                deltas += [("input_json_delta", "partial_json", piece) for piece in pieces(text)]
            case _:
                begun, deltas = block, []
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        events += [
            {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: piece}}
            for kind, name, piece in deltas
        ]
        events.append({"type": "content_block_stop", "index": index})
    counts = {"output_tokens": usage.get("output_tokens")}
    events.append({"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"]}, "usage": counts})
    return [*events, {"type": "message_stop"}]


def bedrock(whole: dict[str, Any]) -> Events:
    events: Events = [{"messageStart": {"role": "assistant"}}]
    for index, block in enumerate(whole["output"]["message"]["content"]):
        deltas: list[dict[str, Any]]
        if "toolUse" in block:
            call = block["toolUse"]
            start = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
            events.append({"contentBlockStart": {"contentBlockIndex": index, "start": start}})
            deltas = [{"toolUse": {"input": piece}} for piece in pieces(json.dumps(call["input"]))]
        elif "text" in block:
            deltas = [{"text": piece} for piece in pieces(block["text"])]
        else:
            thought = block["reasoningContent"]
            reasoning = thought.get("reasoningText", {})
            deltas = [{"reasoningContent": {"text": piece}} for piece in pieces(reasoning.get("text", ""))]
            deltas += [{"reasoningContent": {name: reasoning[name]}} for name in ("signature",) if name in reasoning]
            deltas += [{"reasoningContent": thought}] if "redactedContent" in thought else []
        events += [{"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}} for delta in deltas]
        events.append({"contentBlockStop": {"contentBlockIndex": index}})
    usage = whole.get("usage")
    return [*events, {"messageStop": {"stopReason": whole["stopReason"]}}, {"metadata": {"usage": usage}}]


SPLIT = {"openai": openai, "gemini": gemini, "anthropic": anthropic, "bedrock": bedrock}
"""The events of an answer, by wire format."""


def on_the_wire(wire_format: str, events: Events) -> bytes:
    """The bytes of a stream."""
    if wire_format == "bedrock":
        return b"".join(framed(kind, what) for event in events for kind, what in event.items())
    names = {event.get("type") for event in events} if wire_format == "anthropic" else set()
    lines = [
        (f"event: {event['type']}\n" if names else "") + f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
        for event in events
    ]
    done = "data: [DONE]\n\n" if wire_format == "openai" else ""
    return ("".join(lines) + done).encode()


def framed(kind: str, what: Any, dump: Callable[[Any], bytes] = lambda what: json.dumps(what).encode()) -> bytes:
    """One message of AWS's event stream: lengths, checksum, headers, payload, checksum. `dump` writes the payload.

    https://smithy.io/2.0/aws/amazon-eventstream.html
    """
    failed = kind.endswith("Exception")
    headers = {
        ":exception-type" if failed else ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception" if failed else "event",
    }
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    return message_of(head, dump(what))


def message_of(head: bytes, payload: bytes) -> bytes:
    """A message with these headers and this payload, and true checksums."""
    prelude = struct.pack(">II", len(head) + len(payload) + 16, len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack(">I", zlib.crc32(message))
