"""Builds one answer from the events of a stream."""

from abc import ABC, abstractmethod
from typing import Any


class StreamAccumulator(ABC):
    """One answer, built event by event."""

    finished = False
    """Whether the provider has sent the reason why the answer ended. A stream that ends before that is broken off."""

    done = False
    """Whether no event that matters can follow, though the connection may stay open."""

    @abstractmethod
    def add(self, event: dict[str, Any]) -> str:
        """Add an event's JSON. Returns the text that it adds to the answer; "" for none."""

    @abstractmethod
    def payload(self) -> dict[str, Any]:
        """The JSON that the provider would have sent without streaming."""
