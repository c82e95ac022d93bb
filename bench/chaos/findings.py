"""What the clients of a run saw, and which answers of the host no client may ever see."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

EXPECTED = {"upstream_failed", "deadline_exceeded", "unavailable"}
"""Codes of a status over 499 that a faulty provider or table explains. Any other one, or none, is a crash."""


@dataclass
class Findings:
    """Counts and the longest times, in seconds."""

    acknowledged: int = 0
    given_up: list[str] = field(default_factory=list)
    failed_turns: int = 0
    """Background turns that ended as failed."""
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Of everything that was refused or failed."""
    crashes: Counter[str] = field(default_factory=Counter)
    """Answers with status 500, and others that only a mistake of the host's explains."""
    kills: int = 0
    """Of the host, so far."""
    longest_lock: float = 0.0
    """For which a session refused a message because another turn held it, or a dead one did since its host's death."""
    longest_background_turn: float = 0.0
    """From the first request to the turn's end, as the client saw it."""
    latencies: list[float] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """Messages that have come to their end in one way or the other."""
        return self.acknowledged + self.failed_turns + len(self.given_up)

    def saw(self, response: httpx.Response) -> None:
        """Count a response. The body of one that is refused must have been read."""
        self.statuses[response.status_code] += 1
        if response.status_code < 400:
            return
        code = _code(response)
        self.codes[code] += 1
        if response.status_code == 500 or (response.status_code > 500 and code not in EXPECTED):
            self.crashes[f"{response.status_code} {code}"] += 1

    def broke_off(self, event: dict[str, Any]) -> None:
        """Count the error event of a stream."""
        code = str(event["code"])
        self.codes[code] += 1
        if code not in EXPECTED:
            self.crashes[f"stream {code}"] += 1

    def took(self, kind: str, seconds: float) -> None:
        """Note the time of a message."""
        self.latencies.append(seconds)
        if kind == "background":
            self.longest_background_turn = max(self.longest_background_turn, seconds)


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["code"])
    except (ValueError, TypeError, KeyError):
        return "no code"
