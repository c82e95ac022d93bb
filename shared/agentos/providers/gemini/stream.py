"""A response of Gemini that arrives in parts."""

from typing import Any

from agentos.providers.accumulator import Added, StreamAccumulator
from agentos.providers.answers import as_object
from agentos.providers.gemini.response import text_of, thoughts_of


class GeminiAccumulator(StreamAccumulator):
    """Builds a whole response from partial ones."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []
        self._reason: str | None = None
        self._rest: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> Added:
        self._rest |= {name: event[name] for name in ("promptFeedback", "usageMetadata") if event.get(name)}
        candidate = event["candidates"][0] if event.get("candidates") else {}
        parts = as_object(candidate.get("content")).get("parts") or []
        self._parts += parts
        self._reason = candidate.get("finishReason") or self._reason
        self.finished = self._reason is not None or "blockReason" in self._rest.get("promptFeedback", {})
        return Added(text_of(parts), "".join(thoughts_of(parts)))

    def payload(self) -> dict[str, Any]:
        candidate = {"content": {"parts": self._parts}, "finishReason": self._reason}
        return {**self._rest, "candidates": [candidate]}
