"""Builds one answer from the events of a stream."""

from abc import ABC, abstractmethod
from typing import Any, NamedTuple


class Added(NamedTuple):
    """What an event adds to an answer: text, the text of the model's thoughts, or neither."""

    text: str = ""
    reasoning: str = ""


NOTHING = Added()


class StreamAccumulator(ABC):
    """One answer, built event by event."""

    finished = False
    """Whether the provider has sent the reason why the answer ended. A stream that ends before that is broken off."""

    done = False
    """Whether no event that matters can follow, though the connection may stay open."""

    @abstractmethod
    def add(self, event: dict[str, Any]) -> Added:
        """Add an event's JSON. Returns what it adds to the answer."""

    @abstractmethod
    def payload(self) -> dict[str, Any]:
        """The JSON that the provider would have sent without streaming."""
