"""Puts the events of a stream together to one answer."""

from abc import ABC, abstractmethod
from typing import Any


class StreamAccumulator(ABC):
    """One answer in the making, out of the events of a stream."""

    finished = False
    """Whether the provider has said how the answer ended. A stream that stops before that has broken off."""

    done = False
    """Whether nothing more is worth waiting for, though the connection may stay open."""

    @abstractmethod
    def add(self, event: dict[str, Any]) -> str:
        """Take in an event's JSON; the text that it adds to the answer, if any."""

    @abstractmethod
    def payload(self) -> dict[str, Any]:
        """What the provider would have answered in one piece."""
