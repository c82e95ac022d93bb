"""The model behind every fake provider: receives and answers in no provider's words, as scripted, and remembers."""

import json
import re
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

Finish = Literal["stop", "stop_sequence", "length", "tool_calls", "refused"]


@dataclass(frozen=True)
class Image:
    """By its data or by its address."""

    media_type: str = ""
    data: bytes = b""
    url: str = ""


@dataclass(frozen=True)
class File:
    """A file or audio: by its data, or by its address."""

    media_type: str = ""
    data: bytes = b""
    url: str = ""

    @property
    def kind(self) -> str:
        """Its media type, or the scheme of its address."""
        return self.url.partition(":")[0] or self.media_type


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Result:
    """`content` is text, or the object that a JSON text holds: some formats pass one as the other."""

    call_id: str
    content: str | dict[str, Any]

    @classmethod
    def of(cls, call_id: str, text: str) -> "Result":
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        return cls(call_id, value if isinstance(value, dict) else text)


Item = str | Image | File | Call | Result


@dataclass(frozen=True)
class Utterance:
    """What one side says until the other one does."""

    role: Literal["user", "assistant", "system"]
    items: tuple[Item, ...]


def utterances(said: list[Utterance]) -> tuple[Utterance, ...]:
    """What one side says in a row as one: whether it comes in one message or in several is each format's affair."""
    merged: list[Utterance] = []
    for one in said:
        if merged and merged[-1].role == one.role:
            merged[-1] = Utterance(one.role, merged[-1].items + one.items)
        else:
            merged.append(one)
    return tuple(merged)


@dataclass(frozen=True)
class Offered:
    """A tool."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Received:
    """One request, in no provider's words. `system` is what stands outside the conversation."""

    system: str
    said: tuple[Utterance, ...]
    tools: tuple[Offered, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    streamed: bool = False


@dataclass(frozen=True)
class Answer:
    """What the model would say if nothing stopped it. `refused`: a filter takes over behind the text.

    `prompt` counts the `cached` tokens too, as our contract does.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    refused: bool = False
    prompt: int = 10
    completion: int = 5
    cached: int = 0
    finish: Finish = "stop"
    stopped_by: str | None = None

    def under(self, received: Received) -> "Answer":
        """As the request's bounds leave it; a word counts as a token."""
        found = [(at, one) for one in received.stop if one and (at := self.text.find(one)) >= 0]
        words = re.findall(r"\s*\S+", self.text)
        if self.refused:
            return replace(self, finish="refused")
        if self.calls:
            return replace(self, finish="tool_calls")
        if found:
            at, sequence = min(found)
            return replace(self, text=self.text[:at], finish="stop_sequence", stopped_by=sequence)
        if received.max_tokens is not None and len(words) > received.max_tokens:
            return replace(self, text="".join(words[: received.max_tokens]), finish="length")
        return self


class Unscripted(AssertionError):
    """The model was asked once too often."""


@dataclass
class ScriptedModel:
    """Says the scripted answers in turn. `longest`: how long a piece of a streamed answer may be."""

    script: list[Answer] = field(default_factory=list)
    longest: int = 7
    received: list[Received] = field(default_factory=list)

    def answer(self, received: Received) -> Answer:
        self.received.append(received)
        if not self.script:
            raise Unscripted
        return self.script.pop(0).under(received)

    def dice(self) -> Random:
        """What decides where an answer is cut: the same at the same place of every run."""
        return Random(len(self.received))

    def pieces(self, text: str) -> list[str]:
        """A text as it is streamed, cut anywhere, also between the halves of what UTF-16 takes two units for."""
        dice, units, at, cut = self.dice(), text.encode("utf-16-le"), 0, []
        while at < len(units):
            length = 2 * dice.randint(1, self.longest)
            cut.append(units[at : at + length].decode("utf-16-le", "surrogatepass"))
            at += length
        return cut


def json_of(value: Any) -> str:
    """Readable UTF-8, as providers send it; halves of a character can only be escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or not re.search("[\ud800-\udfff]", text) else json.dumps(value)
