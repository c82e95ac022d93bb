"""A chat completion that comes in chunks.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from typing import Any

from agentos.providers.accumulator import StreamAccumulator
from agentos.providers.answers import BadResponse, as_object


class ChatAccumulator(StreamAccumulator):
    """Chunks to a whole chat completion; of several choices the first."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._thoughts: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> str:
        # The last chunk has the usage and no choices; some servers send it with every chunk, and the last counts.
        self._usage = (
            as_object(event.get("usage")) or as_object(as_object(event.get("x_groq")).get("usage")) or self._usage
        )
        if not event.get("choices"):
            return ""
        choice = event["choices"][0]
        self._reason = choice.get("finish_reason") or self._reason
        self.finished = self._reason is not None
        delta = as_object(choice.get("delta") or choice.get("message"))
        text = text_of(delta.get("content"))
        self._words.append(text)
        self._thoughts.append(delta.get("reasoning_content") or "")
        self._refusal.append(delta.get("refusal") or "")
        for sent in delta.get("tool_calls") or []:
            self._add_call(sent)
        if legacy := as_object(delta.get("function_call")):
            self._add_call({"index": 0, "function": legacy})
        return text

    def payload(self) -> dict[str, Any]:
        message = {
            "content": "".join(self._words),
            "reasoning_content": "".join(self._thoughts),
            "refusal": "".join(self._refusal),
            "tool_calls": [
                {"id": call["id"], "function": {"name": call["name"], "arguments": _joined(call["pieces"])}}
                for call in self._calls
            ],
        }
        return {"choices": [{"finish_reason": self._reason, "message": message}], "usage": self._usage}

    def _add_call(self, sent: dict[str, Any]) -> None:
        """A piece of a call. A new one begins with an index, or an id, that has not been seen: some servers number
        none of their calls, and some number all of them 0."""
        function, index, call_id = as_object(sent.get("function")), sent.get("index"), sent.get("id") or None
        call = self._begun(index, call_id, function.get("name"))
        if call is None:
            call = {"index": index, "id": call_id, "name": None, "pieces": []}
            self._calls.append(call)
        call["id"] = call["id"] or call_id
        call["name"] = call["name"] or function.get("name")
        if function.get("arguments") is not None:
            call["pieces"].append(function["arguments"])

    def _begun(self, index: Any, call_id: Any, name: Any) -> dict[str, Any] | None:
        """The call that a piece belongs to, if it has begun."""
        if index is None and call_id is None:
            return self._calls[-1] if self._calls and not name else None
        same = (call for call in reversed(self._calls) if call["index"] == index)
        return next((call for call in same if call_id is None or call["id"] in (None, call_id)), None)


def text_of(content: Any) -> str:
    """OpenAI's `content`: a string, or the text parts of a list (Mistral's reasoning models send one)."""
    if isinstance(content, list):
        content = "".join(part.get("text") or "" for part in content if part.get("type") == "text")
    if content is not None and not isinstance(content, str):
        raise BadResponse("content is not text")
    return content or ""


def _joined(pieces: list[Any]) -> Any:
    """Text out of its pieces; an object, which some servers send, as it is."""
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else pieces[-1]
