"""The events of a streamed response, numbered in order from 0.

Thoughts are a reasoning item, text is a message item, and each call an item of its own. An item is added, filled and
done before the next one begins.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from collections.abc import Iterator
from typing import Any

from agentos.api.openai_responses import ResponseWords, content_part, status_of, summary_part
from agentos.domain import Reply
from agentos.domain.conversation import REFUSAL

Json = dict[str, Any]


class ResponseEvents:
    """Makes the events of one response. `output` has the items that are done."""

    def __init__(self, words: ResponseWords, model: str) -> None:
        self._words = words
        self._model = model
        self._number = 0
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        """Pieces of the item that is open."""
        self._thought = self._characters = 0
        """Characters of thoughts and of text that were sent."""
        self.output: list[Json] = []

    def start(self) -> Iterator[Json]:
        response = self._words.open(self._model)
        yield self._event("response.created", response=response)
        yield self._event("response.in_progress", response=response)

    def text(self, text: str) -> Iterator[Json]:
        """A further piece of the answer's text."""
        if not self._texts:
            yield from self._close_thoughts(None)
            yield from self._open_message()
            yield self._in_part("response.content_part.added", part=content_part("output_text", ""))
        self._texts.append(text)
        self._characters += len(text)
        yield self._in_part("response.output_text.delta", delta=text, logprobs=[])

    def reasoning(self, text: str) -> Iterator[Json]:
        """A further piece of what the model thought. What it thinks beside its text comes at the end."""
        if not self._texts:
            yield from self._think(text)

    def end(self, reply: Reply) -> Iterator[Json]:
        """All that comes behind the text."""
        shown, sealed = self._words.shown_thoughts(reply), self._words.sealed_thoughts(reply)
        refusal = reply.content[self._characters :] if reply.finish_reason == REFUSAL else ""
        if self._texts:
            yield from self._close_message(status_of(reply), refusal)
            refusal = ""
        if rest := shown[self._thought :]:
            yield from self._think(rest)
        if self._thoughts and not reply.content:
            yield from self._close_thoughts(sealed)
            sealed = None
        yield from self._close_thoughts(None)
        if refusal:
            yield from self._open_message()
            yield from self._close_message("completed", refusal)
        if sealed:
            item = self._words.reasoning(self._next_thought, "", sealed)
            yield self._in_item("response.output_item.added", item=item)
            yield self._done(item)
        for call in self._words.calls(reply):
            yield from self._call(call)
        response = self._words.ended(reply, self.output)
        yield self._event(f"response.{response['status']}", response=response)

    def fail(self, error: Json) -> Iterator[Json]:
        """The end of an answer that broke off. `error` is OpenAI's envelope."""
        yield from self._close_thoughts(None)
        if self._texts:
            yield from self._close_message("incomplete")
        told = error["error"]
        yield self._event("error", code=told["code"], message=told["message"], param=told["param"])
        yield self._event("response.failed", response=self._words.failed(self._model, self.output, error))

    def _open_message(self) -> Iterator[Json]:
        yield self._in_item("response.output_item.added", item=self._words.message([], "in_progress"))

    def _close_message(self, status: str, refusal: str = "") -> Iterator[Json]:
        """The end of the message: of its text, if it has any, and the words in which the model refuses."""
        parts: list[Json] = []
        if self._texts:
            text = "".join(self._texts)
            parts.append(content_part("output_text", text))
            yield self._in_part("response.output_text.done", text=text, logprobs=[])
            yield self._in_part("response.content_part.done", part=parts[0])
        if refusal:
            at, part = len(parts), content_part(REFUSAL, refusal)
            parts.append(part)
            yield self._in_part("response.content_part.added", at, part=content_part(REFUSAL, ""))
            yield self._in_part("response.refusal.delta", at, delta=refusal)
            yield self._in_part("response.refusal.done", at, refusal=refusal)
            yield self._in_part("response.content_part.done", at, part=part)
        yield self._done(self._words.message(parts, status))
        self._texts = []

    @property
    def _next_thought(self) -> int:
        """The number of the next reasoning item."""
        return sum(item["type"] == "reasoning" for item in self.output)

    def _think(self, text: str) -> Iterator[Json]:
        if not self._thoughts:
            yield self._in_item("response.output_item.added", item=self._words.reasoning(self._next_thought, "", None))
            yield self._in_thoughts("part.added", part=summary_part(""))
        self._thoughts.append(text)
        self._thought += len(text)
        yield self._in_thoughts("text.delta", delta=text)

    def _close_thoughts(self, sealed: str | None) -> Iterator[Json]:
        if not self._thoughts:
            return
        text = "".join(self._thoughts)
        yield self._in_thoughts("text.done", text=text)
        yield self._in_thoughts("part.done", part=summary_part(text))
        yield self._done(self._words.reasoning(self._next_thought, text, sealed))
        self._thoughts = []

    def _call(self, item: Json) -> Iterator[Json]:
        at = {"item_id": item["id"], "output_index": len(self.output)}
        empty = {**item, "arguments": "", "status": "in_progress"}
        yield self._in_item("response.output_item.added", item=empty)
        yield self._event("response.function_call_arguments.delta", **at, delta=item["arguments"])
        yield self._event("response.function_call_arguments.done", **at, name=item["name"], arguments=item["arguments"])
        yield self._done(item)

    def _done(self, item: Json) -> Json:
        event = self._in_item("response.output_item.done", item=item)
        self.output.append(item)
        return event

    def _in_item(self, kind: str, **fields: Any) -> Json:
        return self._event(kind, output_index=len(self.output), **fields)

    def _in_part(self, kind: str, index: int = 0, **fields: Any) -> Json:
        """An event of a part of the message."""
        item_id = self._words.message([], "")["id"]
        return self._event(kind, item_id=item_id, output_index=len(self.output), content_index=index, **fields)

    def _in_thoughts(self, kind: str, **fields: Any) -> Json:
        """An event of the one part of a reasoning item."""
        at = {"item_id": self._words.reasoning(self._next_thought, "", None)["id"], "output_index": len(self.output)}
        return self._event(f"response.reasoning_summary_{kind}", **at, summary_index=0, **fields)

    def _event(self, kind: str, **fields: Any) -> Json:
        event = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return event
