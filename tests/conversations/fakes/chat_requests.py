"""What is in a request of Chat Completions, each thing with its place."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.conversations.fakes.rules import Asked, Body, call_key

DATA = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)


def messages(asked: Asked, *roles: str) -> Iterator[tuple[int, Body]]:
    """Every message, or those of some roles, with its place."""
    for index, message in enumerate(asked.body["messages"]):
        if not roles or message.get("role") in roles:
            yield index, message


def calls(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every call in the history, with its place."""
    for index, message in messages(asked, "assistant"):
        for number, call in enumerate(message.get("tool_calls") or ()):
            yield f"messages[{index}].tool_calls[{number}]", call


def parts(asked: Asked, *roles: str) -> Iterator[tuple[str, Body]]:
    """Every part of a content that is a list, with its place."""
    for index, message in messages(asked, *roles):
        if isinstance(message.get("content"), list):
            for number, part in enumerate(message["content"]):
                yield f"messages[{index}].content[{number}]", part


def images(asked: Asked) -> Iterator[tuple[str, str]]:
    """The URL of every image, with its place."""
    for at, part in parts(asked):
        if part.get("type") == "image_url":
            image = part["image_url"]
            yield at, image if isinstance(image, str) else image["url"]


def functions(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every tool that is offered, with its place."""
    for index, tool in enumerate(asked.body.get("tools") or ()):
        yield f"tools[{index}].function", tool["function"]


def stops(body: Body) -> list[Any]:
    stop = body.get("stop")
    return [] if stop is None else stop if isinstance(stop, list) else [stop]


def texts(message: Body) -> Iterator[str]:
    """A message's words."""
    content = message.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if "text" in part)


def keys_of(message: Body) -> Iterator[str]:
    """By what the provider knows its own calls in a message again."""
    for call in message.get("tool_calls") or ():
        try:
            yield call_key(call["function"]["name"], json.loads(call["function"]["arguments"]))
        except ValueError:
            continue
