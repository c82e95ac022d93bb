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
    stop = {"stop_reason": whole["stop_reason"], "stop_sequence": whole.get("stop_sequence")}
    events.append({"type": "message_delta", "delta": stop, "usage": counts})
    return [*events, {"type": "message_stop"}]


def responses(whole: dict[str, Any]) -> Events:
    """Items of the output begin, come in parts and end. The last event has the whole response."""
    events: Events = [{"type": "response.created", "response": {**whole, "status": "in_progress", "output": []}}]
    for index, item in enumerate(whole["output"]):
        begun = {**item, "status": "in_progress"}
        begun |= {"message": {"content": []}, "function_call": {"arguments": ""}}.get(item["type"], {})
        if item["type"] == "reasoning":
            begun |= {"summary": [], "encrypted_content": "gAAAAA="}  # which may be incomplete
        events.append({"type": "response.output_item.added", "output_index": index, "item": begun})
        at = {"item_id": item["id"], "output_index": index}
        match item["type"]:
            case "message":
                events += [event for place, part in enumerate(item["content"]) for event in _part(part, at, place)]
            case "function_call":
                kind = "response.function_call_arguments"
                events += [{"type": f"{kind}.delta", **at, "delta": piece} for piece in pieces(item["arguments"])]
                events.append({"type": f"{kind}.done", **at, "arguments": item["arguments"]})
            case "reasoning":
                events += [event for place, part in enumerate(item["summary"]) for event in _summary(part, at, place)]
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    events.append({"type": f"response.{whole['status']}", "response": whole})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _part(part: dict[str, Any], at: dict[str, Any], place: int) -> Iterator[dict[str, Any]]:
    field = {"output_text": "text", "refusal": "refusal"}[part["type"]]
    kind, at = f"response.{part['type']}", {**at, "content_index": place}
    yield {"type": "response.content_part.added", **at, "part": {**part, field: ""}}
    yield from ({"type": f"{kind}.delta", **at, "delta": piece} for piece in pieces(part[field]))
    yield {"type": f"{kind}.done", **at, field: part[field]}
    yield {"type": "response.content_part.done", **at, "part": part}


def _summary(part: dict[str, Any], at: dict[str, Any], place: int) -> Iterator[dict[str, Any]]:
    kind, at = "response.reasoning_summary", {**at, "summary_index": place}
    yield {"type": f"{kind}_part.added", **at, "part": {**part, "text": ""}}
    yield from ({"type": f"{kind}_text.delta", **at, "delta": piece} for piece in pieces(part["text"]))
    yield {"type": f"{kind}_text.done", **at, "text": part["text"]}
    yield {"type": f"{kind}_part.done", **at, "part": part}


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


SPLIT = {"openai": openai, "openai-responses": responses, "gemini": gemini, "anthropic": anthropic, "bedrock": bedrock}
"""The events of an answer, by wire format."""


def on_the_wire(wire_format: str, events: Events) -> bytes:
    """The bytes of a stream."""
    if wire_format == "bedrock":
        return b"".join(framed(kind, what) for event in events for kind, what in event.items())
    names = wire_format in ("anthropic", "openai-responses")
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
