"""A chat request at each door: in that vendor's form, and its answer read as one completion."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """`body`: a chat request's messages and fields in this door's form. `whole`: the answer's JSON from the events of a
    stream. `called`: the names of the tools that an answer calls. `audio`: whether the vendor has a form for it.
    `answers_system`: whether a system message alone can be answered."""

    folder: str
    body: Callable[[list[Body], Body], Body]
    whole: Callable[[list[Body]], Body]
    called: Callable[[Body], list[str]]
    audio: bool = True
    answers_system: bool = True


def _chat(messages: list[Body], fields: Body) -> Body:
    return {"messages": messages, **fields}


def _chat_whole(chunks: list[Body]) -> Body:
    calls = [call for chunk in chunks for one in chunk["choices"] for call in one["delta"].get("tool_calls") or ()]
    [extra] = [chunk["agentos"] for chunk in chunks if "agentos" in chunk]
    return {"choices": [{"message": {"tool_calls": calls}}], "agentos": extra}


def _chat_called(body: Body) -> list[str]:
    return [call["function"]["name"] for call in body["choices"][0]["message"].get("tool_calls") or []]


def _parts(content: Any) -> list[Body]:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    return [{"type": "text", "text": part["refusal"]} if part["type"] == "refusal" else part for part in parts]


def _said(message: Body) -> list[Body]:
    """The parts of a message, what an assistant refused among them."""
    return _parts(message.get("content")) + _parts(message.get("refusal") or "")


def _object(text: str) -> Body:
    """The arguments of a call, which are an object at Anthropic's."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _id(call_id: str) -> str:
    """Chat alone has calls without an id."""
    return call_id or "none"


# --- Messages -------------------------------------------------------------------------------------


def _messages(messages: list[Body], fields: Body) -> Body:
    same = {name: fields[name] for name in ("temperature", "top_p", "stream", "metadata") if name in fields}
    body: Body = {"messages": list(_turns(messages)), **same}
    body["max_tokens"] = fields.get("max_completion_tokens") or fields.get("max_tokens") or 64
    if stop := fields.get("stop"):
        body["stop_sequences"] = stop if isinstance(stop, list) else [stop]
    if tools := fields.get("tools"):
        body["tools"] = [_tool(tool["function"]) for tool in tools]
    match fields.get("tool_choice"):
        case {"function": {"name": name}}:
            body["tool_choice"] = {"type": "tool", "name": name}
        case str(choice):
            body["tool_choice"] = {"type": {"required": "any"}.get(choice, choice)}
    schema = ((fields.get("response_format") or {}).get("json_schema") or {}).get("schema")
    return body | ({"output_config": {"format": {"type": "json_schema", "schema": schema}}} if schema else {})


def _tool(function: Body) -> Body:
    given = {name: function[name] for name in ("name", "description", "strict") if name in function}
    return {**given, "input_schema": function.get("parameters") or {"type": "object"}}


def _turns(messages: list[Body]) -> Iterator[Body]:
    """Results of one answer's calls stand in one message of the user."""
    for role, run in groupby(messages, key=lambda message: message["role"]):
        if role == "tool":
            yield {"role": "user", "content": [_tool_result(message) for message in run]}
            continue
        for message in run:
            calls = [
                {
                    "type": "tool_use",
                    "id": _id(call["id"]),
                    "name": call["function"]["name"],
                    "input": _object(call["function"]["arguments"]),
                }
                for call in message.get("tool_calls") or ()
            ]
            yield {
                "role": "system" if role == "developer" else role,
                "content": [*map(_block, _said(message)), *calls],
            }


def _tool_result(message: Body) -> Body:
    content = [part for part in _parts(message["content"]) if part["text"]]
    return {"type": "tool_result", "tool_use_id": _id(message["tool_call_id"]), "content": content}


def _block(part: Body) -> Body:
    match part:
        case {"type": "image_url", "image_url": {"url": url}}:
            return {"type": "image", "source": _source(url)}
        case {"type": "file", "file": file}:
            given = file.get("file_data") or file["file_url"]
            return {"type": "document", "source": _source(given), "title": file["filename"]}
    return part


def _source(url: str) -> Body:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    kind, _, data = url.removeprefix("data:").partition(";base64,")
    return {"type": "base64", "media_type": kind, "data": data}


def _messages_whole(events: list[Body]) -> Body:
    blocks = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    return {"content": blocks, "agentos": events[-1]["agentos"]}


def _messages_called(body: Body) -> list[str]:
    return [block["name"] for block in body["content"] if block["type"] == "tool_use"]


# --- Responses ------------------------------------------------------------------------------------

_SAME = ("temperature", "top_p", "stream", "metadata", "user", "safety_identifier", "service_tier",
         "parallel_tool_calls", "prompt_cache_key")  # fmt: skip


def _responses(messages: list[Body], fields: Body) -> Body:
    body: Body = {"input": [item for message in messages for item in _items(message)], "store": False}
    body |= {name: fields[name] for name in _SAME if name in fields}
    if most := fields.get("max_completion_tokens") or fields.get("max_tokens"):
        body["max_output_tokens"] = most
    if effort := fields.get("reasoning_effort"):
        body["reasoning"] = {"effort": effort}
    if tools := fields.get("tools"):
        body["tools"] = [{"type": "function", **tool["function"]} for tool in tools]
        match fields.get("tool_choice"):
            case {"function": {"name": name}}:
                body["tool_choice"] = {"type": "function", "name": name}
            case str(choice):
                body["tool_choice"] = choice
    if form := fields.get("response_format"):
        body["text"] = {"format": {"type": form["type"], **form.get("json_schema", {})}}
    return body


def _items(message: Body) -> Iterator[Body]:
    if message["role"] == "tool":
        output = message["content"]
        parts = output if isinstance(output, str) else [{"type": "input_text", "text": one["text"]} for one in output]
        yield {"type": "function_call_output", "call_id": _id(message["tool_call_id"]), "output": parts}
        return
    if content := [_part(part) for part in _said(message)]:
        yield {"role": message["role"], "content": content}
    for call in message.get("tool_calls") or ():
        yield {"type": "function_call", "call_id": _id(call["id"]), **call["function"]}


def _part(part: Body) -> Body:
    match part:
        case {"type": "image_url", "image_url": {"url": url}}:
            return {"type": "input_image", "image_url": url}
        case {"type": "file", "file": file}:
            return {"type": "input_file", **file}
        case {"type": "text"}:
            return {**part, "type": "input_text"}
    return part


def _responses_whole(events: list[Body]) -> Body:
    response: Body = events[-1]["response"]
    return response


def _responses_called(body: Body) -> list[str]:
    return [item["name"] for item in body["output"] if item["type"] == "function_call"]


CHAT = Door("chat_completions", _chat, _chat_whole, _chat_called)
MESSAGES = Door("anthropic_messages", _messages, _messages_whole, _messages_called, audio=False, answers_system=False)
RESPONSES = Door("create_response", _responses, _responses_whole, _responses_called)
