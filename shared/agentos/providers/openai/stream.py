"""A chat completion that arrives in chunks.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from typing import Any

from agentos.providers.accumulator import NOTHING, Added, StreamAccumulator
from agentos.providers.answers import BadResponse, as_object
from agentos.providers.openai import thoughts


class ChatAccumulator(StreamAccumulator):
    """Builds a whole chat completion from chunks. Of several choices it takes the first."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {"content": [], "refusal": [], "reasoning_content": [], "reasoning": []}
        self._details: list[dict[str, Any]] = []
        self._calls: list[dict[str, Any]] = []
        self._reasoning_field: str | None = None
        self._reason: str | None = None
        self._native_reason: str | None = None
        self._usage: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> Added:
        # The last chunk has the usage and no choices. Some servers send it with every chunk; then the last one counts.
        self._usage = (
            as_object(event.get("usage")) or as_object(as_object(event.get("x_groq")).get("usage")) or self._usage
        )
        if not event.get("choices"):
            return NOTHING
        choice = event["choices"][0]
        self._reason = choice.get("finish_reason") or self._reason
        self._native_reason = choice.get("native_finish_reason") or self._native_reason
        self.finished = self._reason is not None
        delta = as_object(choice.get("delta") or choice.get("message"))
        text = text_of(delta.get("content"))
        self._texts["content"].append(text)
        for name in ("refusal", "reasoning_content", "reasoning"):
            if isinstance(piece := delta.get(name), str):
                self._texts[name].append(piece)
        for detail in delta.get("reasoning_details") or []:
            self._add_detail(as_object(detail))
        for sent in delta.get("tool_calls") or []:
            self._add_call(sent)
        if legacy := as_object(delta.get("function_call")):
            self._add_call({"index": 0, "function": legacy})
        return Added(text, self._reasoning(delta))

    def _reasoning(self, delta: dict[str, Any]) -> str:
        """The thoughts in a chunk. Some servers send the same thoughts in several fields; the first one counts."""
        found = thoughts.texts_by_field(delta)
        self._reasoning_field = self._reasoning_field or next(iter(found), None)
        return found.get(self._reasoning_field or "", "")

    def payload(self) -> dict[str, Any]:
        message = {
            **{name: "".join(pieces) for name, pieces in self._texts.items()},
            "reasoning_details": self._details,
            "tool_calls": [
                {
                    "id": call["id"],
                    "function": {"name": call["name"], "arguments": _joined(call["pieces"])},
                    "extra_content": call["extra_content"],
                }
                for call in self._calls
            ],
        }
        choice = {"finish_reason": self._reason, "native_finish_reason": self._native_reason, "message": message}
        return {"choices": [choice], "usage": self._usage}

    def _add_detail(self, detail: dict[str, Any]) -> None:
        """A piece of OpenRouter's `reasoning_details`: those of one index and type are one detail."""
        last = self._details[-1] if self._details else {}
        if detail.get("index") is None or any(detail.get(name) != last.get(name) for name in ("index", "type")):
            self._details.append(dict(detail))
            return
        for name, value in detail.items():
            extends = name in ("text", "summary", "data") and isinstance(value, str)
            if extends and isinstance(last.get(name), str):
                last[name] += value
            elif value is not None:
                last[name] = value

    def _add_call(self, sent: dict[str, Any]) -> None:
        """A piece of a call. A new call begins with an index or an id that has not been seen: some servers number none
        of their calls, and some number all of them 0."""
        function, index, call_id = as_object(sent.get("function")), sent.get("index"), sent.get("id") or None
        call = self._started_call(index, call_id, function.get("name"))
        if call is None:
            call = {"index": index, "id": call_id, "name": None, "pieces": [], "extra_content": None}
            self._calls.append(call)
        call["id"] = call["id"] or call_id
        call["name"] = call["name"] or function.get("name")
        call["extra_content"] = sent.get("extra_content") or call["extra_content"]
        if function.get("arguments") is not None:
            call["pieces"].append(function["arguments"])

    def _started_call(self, index: Any, call_id: Any, name: Any) -> dict[str, Any] | None:
        """The call that a piece belongs to; None if the piece begins one."""
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
    """The text in pieces; an object, which some servers send, as it is."""
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else pieces[-1]
