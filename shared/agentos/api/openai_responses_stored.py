"""A stored response: the request as a turn in a session, and what is kept as a response again.

The record of a response holds the fields of the request that it repeats, and how its answer is written.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentos.api.openai_responses import ResponseObject, ResponseWords
from agentos.api.openai_responses_items import references
from agentos.api.openai_responses_request import ReadRequest, ResponseForm, ResponsesRequest
from agentos.domain import GivenParameters, Message, Reply
from agentos.domain.requests import CompletionRequest, EarlierAnswer, NewMessage, Sent, ToolResult, TurnOverride
from agentos.domain.response_ids import ResponseId, response_id
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import made_at
from agentos.kernel.validation import validated
from agentos.services.response_histories import ResponseHistories
from agentos.services.response_turns import ResponseRequest, no_previous
from agentos.services.responses import ReadResponse

Json = dict[str, Any]


Referenced = Callable[[Sequence[str]], Mapping[str, Reply]]
"""Reads the answers that have the items of these ids, by the ids."""


def stored_request(body: ResponsesRequest, referenced: Referenced) -> tuple[ResponseRequest, ResponseForm]:
    """The request in the service's terms, and the form of its answer.

    Raises InvalidRequest, Unsupported, PreviousResponseNotFound.
    """
    conversation, place, origin = goes_on_from(body)
    ids = references(body.input)
    read = body.read(referenced(ids) if ids else {})
    shown = {**read.form.shown, "store": True, "background": body.later, **origin}
    form = ResponseForm(shown, read.form.notes, read.form.summary, read.form.encrypted)
    request = ResponseRequest(
        model=body.model,
        messages=tuple(_sent(read, body.metadata or {})),
        override=TurnOverride(tools=read.tools, instructions=body.words),
        document=document_of(form, body.model, int(time.time())),
        previous=place,
        conversation=conversation,
        user_id=shown["safety_identifier"] or shown["user"],
    )
    return request, form


def goes_on_from(body: ResponsesRequest) -> tuple[str | None, ResponseId | None, Json]:
    """The conversation or the response that a request goes on from, and how its answer shows that.

    Raises InvalidRequest, PreviousResponseNotFound.
    """
    conversation, previous = _conversation(body.conversation), body.previous_response_id
    if conversation is not None and previous is not None:
        raise InvalidRequest.of("conversation", "cannot be given beside previous_response_id")
    place = None if previous is None else response_id(previous)
    if previous is not None and place is None:
        raise no_previous(previous)
    shown = {
        "previous_response_id": previous,
        "conversation": None if conversation is None else {"id": conversation},
    }
    return conversation, place, shown


def going_on(
    body: ResponsesRequest, tenant: str, histories: ResponseHistories, asked: CompletionRequest, form: ResponseForm
) -> tuple[CompletionRequest, ResponseForm]:
    """A request that is not stored, with the stored messages that it goes on from behind its own instructions.

    Raises InvalidRequest, NotFound, PreviousResponseNotFound, ToolResultsPending.
    """
    conversation, place, shown = goes_on_from(body)
    first = 1 if body.words else 0
    instructions, added = asked.messages[:first], asked.messages[first:]
    if place is not None:
        messages = histories.after_response(tenant, place, added)
    else:
        messages = histories.after_conversation(tenant, conversation or "", body.model, added)
    form = form._replace(shown={**form.shown, **shown})
    return replace(asked, messages=(*instructions, *messages)), form


def read_object(read: ReadResponse) -> ResponseObject:
    """The response as it stands."""
    words = words_of(read)
    if read.reply is not None:
        return ResponseObject(body=words.whole(read.reply))
    return ResponseObject(body=words.without_answer(read.document["model"], read.status or "", read.failure))


def words_of(read: ReadResponse) -> ResponseWords:
    """What writes a response that was read."""
    kept = read.document
    form = ResponseForm(kept["shown"], tuple(kept["notes"]), kept["summary"], kept["encrypted"])
    created_at = kept["createdAt"] if kept["shown"]["background"] else made_at(read.place.message_id)
    return ResponseWords(read.place, read.place.message_id, created_at, form)


def document_of(form: ResponseForm, model: str, created_at: int) -> Json:
    """What is kept with the answer. `created_at`: of the request, in seconds since the epoch."""
    return {
        "shown": form.shown,
        "notes": list(form.notes),
        "summary": form.summary,
        "encrypted": form.encrypted,
        "model": model,
        "createdAt": created_at,
    }


def _conversation(given: Any) -> str | None:
    """The id in `conversation`. Raises InvalidRequest."""
    match given:
        case None:
            return None
        case str(text) | {"id": str(text)} if text:
            return text
        case _:
            raise InvalidRequest.of("conversation", "must be the id of a conversation, or {id}")


def _sent(read: ReadRequest, metadata: Json) -> list[Sent]:
    """The messages as a session takes them. The parameters are those of the last one."""
    *earlier, last = read.messages
    sent = [sent_message(message, {}, {}) for message in earlier]
    return [*sent, sent_message(last, metadata, read.parameters.to_json())]


def sent_message(message: Message, metadata: Json, parameters: Json) -> Sent:
    """A message as a session takes it, with metadata and parameters of its own. Raises InvalidRequest."""
    if message.role == "assistant":
        given = validated(GivenParameters, parameters)
        return EarlierAnswer(role="assistant", content=message.content, tool_calls=message.tool_calls, parameters=given)
    content = message.content if isinstance(message.content, str) else [part.to_json() for part in message.content]
    fields = {"role": message.role, "content": content, "metadata": metadata, "parameters": parameters}
    if message.role == "tool":
        return validated(ToolResult, {**fields, "toolCallId": message.tool_call_id})
    return validated(NewMessage, fields)
