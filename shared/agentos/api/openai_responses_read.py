"""Stored responses as they are read: the object, its events once more, the items of its input, what is left when it is
deleted.

https://platform.openai.com/docs/api-reference/responses/get
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from agentos.api.media import shown_file
from agentos.api.openai_responses import ResponseObject, ResponseWords, content_part
from agentos.api.openai_responses_events import ResponseEvents
from agentos.api.openai_responses_request import ResponseForm
from agentos.api.openai_responses_stored import read_object, words_of
from agentos.api.request import Request
from agentos.api.response_writer import ResponseWriter, StreamingResponse
from agentos.api.route_headers import route_headers
from agentos.api.sse import named
from agentos.domain import AudioPart, FilePart, ImagePart, Part, Reply, SentMessage, Session, TextPart
from agentos.domain.response_ids import ResponseId
from agentos.kernel import json_text
from agentos.kernel.errors import InvalidRequest, NotFound, Unsupported
from agentos.kernel.ids import made_at
from agentos.services.responses import ReadResponse

Json = dict[str, Any]


class EventsAgain(StreamingResponse):
    """The events of an answer that has ended, those behind `after`. The text is one piece."""

    def __init__(self, read: ReadResponse, reply: Reply, after: int) -> None:
        self._read = read
        self._reply = reply
        self._after = after

    def run(self, writer: ResponseWriter) -> None:
        writer.open(route_headers(self._reply.model, len(self._reply.route.attempts)))
        for event in self._events():
            if event["sequence_number"] > self._after:
                writer.write(named(event["type"], event))

    def fail(self, error: Mapping[str, Any]) -> None:
        """Nothing fails here: the answer has been read before the first event."""

    def _events(self) -> Iterator[Json]:
        words, reply = words_of(self._read), self._reply
        events = ResponseEvents(words, reply.model)
        thoughts = events.reasoning(words.shown_thoughts(reply)) if words.shown_thoughts(reply) else ()
        text = events.text(reply.content) if words.says(reply) else ()
        return chain(events.start(), thoughts, text, events.end(reply))


def shown_response(read: ReadResponse, request: Request) -> ResponseObject | EventsAgain:
    """The response, or its events where the query asks for them. Raises InvalidRequest, Unsupported."""
    after = request.query.get("starting_after")
    if after is not None and not re.fullmatch(r"[0-9]{1,9}", after):
        raise InvalidRequest.of("starting_after", "must be the sequence_number of an event")
    if request.query.get("stream") != "true":
        return read_object(read)
    if read.reply is None:
        raise Unsupported("The response has no answer; its events can be read once there is one.")
    return EventsAgain(read, read.reply, -1 if after is None else int(after))


def deleted(kind: str, text: str) -> ResponseObject:
    """What is answered when something was deleted."""
    return ResponseObject(body={"id": text, "object": kind, "deleted": True})


def input_items(messages: Sequence[SentMessage | Reply], request: Request) -> ResponseObject:
    """A page of the items of a response's input. Raises InvalidRequest."""
    items = [item for message in messages if isinstance(message, SentMessage) for item in _items(message)]
    return _page(items, request)


def conversation_items(session: Session, messages: Sequence[SentMessage | Reply], request: Request) -> ResponseObject:
    """A page of the items of a conversation: what was sent, and the items of the answers. Raises InvalidRequest."""

    return _page(_items_of(session, messages), request)


def conversation_item(session: Session, messages: Sequence[SentMessage | Reply], item_id: str) -> ResponseObject:
    """One item of a conversation. Raises NotFound."""
    found = next((item for item in _items_of(session, messages) if item["id"] == item_id), None)
    if found is None:
        raise NotFound("The conversation has no such item.", {"itemId": item_id[:200]})
    return ResponseObject(body=found)


def added_items(session: Session, messages: Sequence[SentMessage | Reply], notes: tuple[str, ...]) -> ResponseObject:
    """What was added to a conversation, in order."""
    items = _items_of(session, messages)
    return ResponseObject(body={**_list(items, more=False), "agentos": {"notes": list(notes)}})


def _items_of(session: Session, messages: Sequence[SentMessage | Reply]) -> list[Json]:
    """The items of a session's messages, oldest first."""

    def of_answer(reply: Reply) -> Iterator[Json]:
        place = ResponseId(session.agent_id, session.session_id, reply.message_id)
        return ResponseWords(place, reply.message_id, made_at(reply.message_id), ResponseForm({})).items(reply)

    found = (_items(message) if isinstance(message, SentMessage) else of_answer(message) for message in messages)
    return list(chain.from_iterable(found))


def _page(items: list[Json], request: Request) -> ResponseObject:
    """A page of items that come oldest first, newest first unless `order` says otherwise. Raises InvalidRequest."""
    page = request.page()
    if page.order != "asc":
        items.reverse()
    if page.after is not None:
        at = next((index for index, item in enumerate(items) if item["id"] == page.after), None)
        if at is None:
            raise InvalidRequest.of("after", "is none of the items")
        items = items[at + 1 :]
    shown = items[: page.limit]
    return ResponseObject(body=_list(shown, more=len(items) > len(shown)))


def _list(items: list[Json], *, more: bool) -> Json:
    """The items as OpenAI's clients read a page of them."""
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"] if items else "",
        "last_id": items[-1]["id"] if items else "",
        "has_more": more,
    }


def _items(message: SentMessage) -> Iterator[Json]:
    suffix = message.message_id.partition("_")[2]
    if message.role == "tool":
        yield {
            "id": f"fco_{suffix}",
            "type": "function_call_output",
            "status": "completed",
            "call_id": message.tool_call_id,
            "output": message.content if isinstance(message.content, str) else _parts(message),
        }
        return
    if message.content:
        content = (
            _parts(message) if message.role != "assistant" else [content_part("output_text", str(message.content))]
        )
        own = {"role": message.role, "status": "completed", "content": content}
        yield {"id": message.message_id, "type": "message", **own}
    for index, call in enumerate(message.tool_calls):
        text = call.invalid_arguments if call.invalid_arguments is not None else json_text.dump(call.arguments)
        called = {"call_id": call.id, "name": call.name, "arguments": text, "status": "completed"}
        yield {"id": f"fc_{suffix}_{index}", "type": "function_call", **called}


def _parts(message: SentMessage) -> list[Json]:
    if isinstance(message.content, str):
        return [{"type": "input_text", "text": message.content}]
    return [_part(part) for part in message.content]


def _part(part: Part) -> Json:
    match part:
        case TextPart():
            return {"type": "input_text", "text": part.text}
        case ImagePart():
            return {"type": "input_image", "image_url": part.image_url.url, "detail": part.image_url.detail}
        case FilePart():
            return shown_file(part)
        case AudioPart():
            return part.to_json()
