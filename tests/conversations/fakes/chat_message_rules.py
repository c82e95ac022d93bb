"""Rules of Chat Completions as building blocks: messages, their parts and images.

Each returns a check, in the words of the provider that has it. Words are templates: `{at}` is the place in the request,
`{value}` what stands there, `{most}` the bound.
"""

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from tests.conversations.fakes.chat_requests import (
    DATA,
    images,
    messages,
    parts,
    texts,
)
from tests.conversations.fakes.rules import Asked, Faults, fits, image_kind


def no_empty_messages(roles: Iterable[str], words: str) -> Faults:
    """Of these roles; an assistant that calls tools may be silent."""
    silent = tuple(roles)

    def faults(asked: Asked) -> Iterator[str]:
        for index, message in messages(asked, *silent):
            pictured = isinstance(message.get("content"), list) and any(
                "text" not in part for part in message["content"]
            )
            if not (message.get("tool_calls") or pictured or any(texts(message))):
                yield words.format(at=f"messages[{index}]", role=message["role"])

    return faults


def something_said(words: str) -> Faults:
    """An assistant has content, be it empty, or calls."""

    def faults(asked: Asked) -> Iterator[str]:
        for index, message in messages(asked, "assistant"):
            if message.get("content") is None and not message.get("tool_calls") and not message.get("refusal"):
                yield words.format(at=f"messages[{index}].content")

    return faults


def content_given(roles: Iterable[str], words: str) -> Faults:
    """Not null, and no empty list."""
    wanted = tuple(roles)
    return lambda asked: [
        words.format(at=f"messages[{index}].content")
        for index, message in messages(asked, *wanted)
        if message.get("content") in (None, [])
    ]


def string_content(roles: Iterable[str], words: str) -> Faults:
    """No list of parts in messages of these roles."""
    wanted = tuple(roles)
    return lambda asked: [
        words.format(at=f"messages[{index}]", index=index)
        for index, message in messages(asked, *wanted)
        if isinstance(message.get("content"), list)
    ]


def lists_only_with_images(words: str) -> Faults:
    """Where all is text, the content is one string."""
    return lambda asked: [
        words.format(at=f"messages[{index}]", index=index)
        for index, message in messages(asked)
        if isinstance(message.get("content"), list) and all(part.get("type") == "text" for part in message["content"])
    ]


def no_empty_texts(words: str) -> Faults:
    """No part of text without a text."""
    return lambda asked: [
        words.format(at=at) for at, part in parts(asked) if part.get("type") == "text" and not part["text"]
    ]


def kinds_of_parts(of: Mapping[str, Collection[str]], words: str) -> Faults:
    """Which parts a message may have, by its role."""

    def faults(asked: Asked) -> Iterator[str]:
        for role, kinds in of.items():
            for at, part in parts(asked, role):
                if part.get("type") not in kinds:
                    yield words.format(at=at, value=part.get("type"), role=role)

    return faults


def order(after: Mapping[str, Collection[str]], words: str) -> Faults:
    """Which roles may follow one."""

    def faults(asked: Asked) -> Iterator[str]:
        roles = [message["role"] for _, message in messages(asked)]
        for before, role in pairwise(roles):
            if role not in after[before]:
                yield words.format(role=role, before=before)

    return faults


def last_role(roles: Collection[str], words: str) -> Faults:
    def faults(asked: Asked) -> Iterator[str]:
        last = asked.body["messages"][-1]["role"]
        if last not in roles:
            yield words.format(role=last)

    return faults


def speakers(pattern: str, words: str) -> Faults:
    """The `name` of who speaks."""
    good = fits(pattern)
    return lambda asked: [
        words.format(at=f"messages[{index}].name", value=message["name"])
        for index, message in messages(asked, "system", "developer", "user", "assistant")
        if "name" in message and not good(message["name"])
    ]


def image_types(kinds: Collection[str], words: str, *, sniffed: bool = False) -> Faults:
    """Data images are of some media types: as they say, or (`sniffed`) as their bytes tell."""

    def faults(asked: Asked) -> Iterator[str]:
        for at, url in images(asked):
            if found := DATA.fullmatch(url):
                kind = image_kind(base64.b64decode(found[2])) if sniffed else found[1]
                if kind not in kinds:
                    yield words.format(at=at, value=found[1])

    return faults


def image_data_alone(words: str) -> Faults:
    return lambda asked: [words.format(at=at) for at, url in images(asked) if not url.startswith("data:")]


def images_where_the_model_can(words: str) -> Faults:
    return lambda asked: [words.format(at=at) for at, _ in images(asked) if "images" not in asked.model.can]
