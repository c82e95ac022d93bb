"""A reply as OpenAI's response object: what the model thought, said and wants to have called, an item each.

https://platform.openai.com/docs/api-reference/responses/object
"""

from collections.abc import Iterator
from typing import Any

from agentos.api.openai_responses_parameters import NAMES
from agentos.api.openai_responses_request import ResponseForm
from agentos.api.sealed_thoughts import seal
from agentos.domain import Failure, Reply
from agentos.domain.conversation import REFUSAL
from agentos.domain.response_ids import ResponseId
from agentos.kernel import json_text
from agentos.kernel.clock import epoch
from agentos.kernel.ids import made_at
from agentos.kernel.values import Value

Json = dict[str, Any]
Path = tuple[str, str, str]
"""Tenant, agent and session of a stored response."""


class ResponseObject(Value):
    """A `response`, with our own `agentos` beside OpenAI's fields."""

    body: Json

    def to_json(self) -> Json:
        return self.body


class ResponseWords:
    """Writes the response object of one answer, and its items. `place`: where it is stored, if it is. `token`: what the
    ids of the response and of its items have in common."""

    def __init__(self, place: ResponseId | None, message_id: str, created_at: int, form: ResponseForm) -> None:
        self.token = place.token if place else message_id.removeprefix("msg_")
        self._place = place
        self._created_at = created_at
        self._form = form

    def whole(self, reply: Reply) -> Json:
        """The response of an answer that has ended."""
        return self.ended(reply, list(self.items(reply)))

    def ended(self, reply: Reply, output: list[Json]) -> Json:
        """The response of an answer that has ended with these items."""
        if reply.state == "incomplete":
            told = {"code": "server_error", "message": "The provider's answer broke off."}
            return {**self._head(reply.model, "failed"), "error": told, "output": output}
        cut = reply.finish_reason == "length"
        return {
            **self._head(reply.model, "incomplete" if cut else "completed"),
            "completed_at": None if cut else int(epoch(reply.created_at)),
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "output": output,
            "usage": _usage(reply),
            "agentos": _extra(reply, self._form, self._place),
        }

    def open(self, model: str) -> Json:
        """The response of an answer that is being written."""
        return self._head(model, "in_progress")

    def without_answer(self, model: str, status: str, failure: Failure | None) -> Json:
        """The response in the background that has no answer yet, or has failed."""
        head = {**self._head(model, status)}
        if failure and status == "failed":
            head["error"] = {"code": "server_error", "message": failure.message}
        return head

    def failed(self, model: str, output: list[Json], error: Json) -> Json:
        """The response of an answer that broke off. `error` is OpenAI's envelope."""
        code = "rate_limit_exceeded" if error["error"]["type"] == "rate_limit_error" else "server_error"
        told = {"code": code, "message": error["error"]["message"]}
        return {**self._head(model, "failed"), "error": told, "output": output}

    def _head(self, model: str, status: str) -> Json:
        return {
            "id": f"resp_{self.token}",
            "object": "response",
            "created_at": self._created_at,
            "status": status,
            "background": False,
            "completed_at": None,
            "conversation": None,
            "error": None,
            "incomplete_details": None,
            "model": model,
            "output": [],
            "previous_response_id": None,
            "store": False,
            "usage": None,
            **self._form.shown,
        }

    def items(self, reply: Reply) -> Iterator[Json]:
        """The items of `output`. A provider's sealed thoughts are right before the calls that they led to."""
        shown, sealed = self.shown_thoughts(reply), self.sealed_thoughts(reply)
        if shown:
            yield self.reasoning(0, shown, None if reply.content else sealed)
        if reply.content:
            kind = REFUSAL if reply.finish_reason == REFUSAL else "output_text"
            yield self.message([content_part(kind, reply.content)], status_of(reply))
        if sealed and (reply.content or not shown):
            yield self.reasoning(1 if shown else 0, "", sealed)
        yield from self.calls(reply)

    def says(self, reply: Reply) -> bool:
        """Whether the answer has a text that is no refusal."""
        return bool(reply.content) and reply.finish_reason != REFUSAL

    def shown_thoughts(self, reply: Reply) -> str:
        """What the model thought, for a client that asks for it."""
        return reply.reasoning if self._form.summary else ""

    def sealed_thoughts(self, reply: Reply) -> str | None:
        """What the provider needs back with its calls, for a client that asks for it."""
        signature = reply.tool_calls[0].signature if reply.tool_calls and self._form.encrypted else None
        return seal(signature) if signature else None

    def reasoning(self, number: int, text: str, sealed: str | None) -> Json:
        """The reasoning item of that number."""
        return {
            "id": f"rs_{self.token}_{number}",
            "type": "reasoning",
            "summary": [summary_part(text)] if text else [],
            "encrypted_content": sealed,
        }

    def message(self, content: list[Json], status: str) -> Json:
        """The message item."""
        return {
            "id": f"msg_{self.token}",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def calls(self, reply: Reply) -> Iterator[Json]:
        """An item for each call."""
        for index, call in enumerate(reply.tool_calls):
            text = call.invalid_arguments if call.invalid_arguments is not None else json_text.dump(call.arguments)
            yield {
                "id": f"fc_{self.token}_{index}",
                "type": "function_call",
                "status": "completed",
                "call_id": call.id,
                "name": call.name,
                "arguments": text,
            }


def words_of_answer(path: Path | None, message_id: str, form: ResponseForm) -> ResponseWords:
    """What writes the response of a new answer. `path`: its session, if it is stored."""
    place = ResponseId(path[1], path[2], message_id) if path else None
    return ResponseWords(place, message_id, made_at(message_id), form)


def response_object(path: Path | None, reply: Reply, form: ResponseForm) -> ResponseObject:
    """The response of a new answer."""
    return ResponseObject(body=words_of_answer(path, reply.message_id, form).whole(reply))


def content_part(kind: str, text: str) -> Json:
    """A part of a message: `output_text` or `refusal`."""
    if kind == REFUSAL:
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def summary_part(text: str) -> Json:
    """A part of a reasoning item."""
    return {"type": "summary_text", "text": text}


def status_of(reply: Reply) -> str:
    """The status of the message item."""
    return "incomplete" if reply.finish_reason == "length" else "completed"


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    return {
        # OpenAI's clients expect numbers: a count that is not known is 0 here.
        "input_tokens": usage.prompt_tokens or 0,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens or 0,
            "cache_write_tokens": usage.cache_write_tokens or 0,
        },
        "output_tokens": usage.completion_tokens or 0,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": usage.total_tokens or 0,
    }


def _extra(reply: Reply, form: ResponseForm, place: ResponseId | None) -> Json:
    """What OpenAI's form has no place for. `notes`: what was not carried, at the door or to the model that answered."""
    notes = list(form.notes)
    if reply.route.attempts:
        notes += map(NAMES.in_text, reply.route.attempts[-1].notes)
    return {
        "provider": reply.provider,
        "costUsd": reply.usage.cost_usd,
        "notes": notes,
        "route": reply.route.to_json(),
        **({"agentId": place.agent_id, "sessionId": place.session_id} if place else {}),
    }
