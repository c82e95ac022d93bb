"""OpenAI's Responses, played strictly, without a store.

https://developers.openai.com/api/reference/resources/responses/methods/create
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.conversations.fakes.chat import REFUSAL, file_of, image_of
from tests.conversations.fakes.model import (
    Answer,
    Call,
    Item,
    Offered,
    Received,
    Result,
    ScriptedModel,
    Utterance,
    json_of,
    utterances,
)
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request, Sent
from tests.conversations.fakes.responses_rules import DOCX, ENCRYPTED, FOLLOWING, RULES, STREAMED, WHOLE
from tests.conversations.fakes.rules import Asked, Body, Refused, Traits, require, signature_of


class Responses(FakeProvider):
    """`signed`: by a reasoning item's id, the id of the item that follows it and what is encrypted in it."""

    name = "openai-responses"
    path = "/v1"
    media = frozenset({"application/pdf", DOCX, "https", "http"})
    key_header, key_form = "authorization", "Bearer {key}"
    models: Mapping[str, Traits] = {
        MODEL: Traits(),
        "gpt-5.4-mini": Traits(longest=128_000, efforts=frozenset({"none", "low", "medium", "high", "xhigh"})),
        "gpt-6-luna": Traits(
            frozenset({"temperature", "top_p"}),
            longest=128_000,
            efforts=frozenset({"none", "low", "medium", "high", "xhigh", "max"}),
        ),
        "gpt-4o-mini": Traits(longest=16_384, efforts=frozenset()),
    }
    unthinking = frozenset({"gpt-4o-mini"})
    """Models that do not reason."""

    keeps = False
    """Whether it would keep responses, as it does for most organizations. What it has kept cannot be asked for here."""

    rules = RULES

    def __init__(self, model: ScriptedModel) -> None:
        super().__init__(model)
        self._items = 0

    def prepare(self) -> None:
        WHOLE.prepare()
        STREAMED.prepare()

    def refusal(self, refused: Refused) -> Sent:
        error = {"message": refused.words, "type": "invalid_request_error", "param": None, "code": refused.code}
        return Sent(json_of({"error": error}).encode(), status=refused.status)

    def asked(self, request: Request) -> Asked:
        require(request.path == f"{self.path}/responses", f"there is no {request.path}")
        if request.headers.get(self.key_header) != self.key_form.format(key=self.key):
            raise Refused("Incorrect API key provided", status=401, code="invalid_api_key")
        body = request.json
        if body.get("model") not in self.models:
            raise Refused(f"The model `{body.get('model')}` does not exist", status=404, code="model_not_found")
        self._model = body["model"]
        self._thinks = self._model not in self.unthinking
        self._encrypts = ENCRYPTED in (body.get("include") or ())
        if self._encrypts and not self._thinks:
            raise Refused("Encrypted content is not supported with this model.")
        if not self.keeps and body.get("store") is not False:
            raise Refused("The organization keeps nothing: 'store' must be false.")
        return Asked(body, self.models[self._model], body.get("stream") is True, self.signed, self.media)

    def received(self, asked: Asked) -> Received:
        body = asked.body
        told = [Utterance("system", (body["instructions"],))] if body.get("instructions") else []
        return Received(
            system="",
            said=utterances([*told, *_conversation(body["input"])]),
            tools=tuple(map(_offered, body.get("tools") or ())),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            max_tokens=body.get("max_output_tokens"),
            schema=_schema((body.get("text") or {}).get("format")),
            streamed=asked.streamed,
        )

    def whole(self, answer: Answer) -> Sent:
        return Sent(json_of(self._response(answer, self._output(answer))).encode(), headers={"x-request-id": "req_1"})

    def events(self, answer: Answer) -> Iterator[bytes]:
        output = self._output(answer)
        events = [
            {"type": "response.created", "response": self._begun(answer)},
            {"type": "response.in_progress", "response": self._begun(answer)},
            *(event for index, item in enumerate(output) for event in self._item_events(index, item)),
        ]
        whole = self._response(answer, output)
        events.append({"type": f"response.{whole['status']}", "response": whole})
        for number, event in enumerate(events):
            yield f"event: {event['type']}\ndata: {json_of({**event, 'sequence_number': number})}\n\n".encode()

    def _begun(self, answer: Answer) -> Body:
        return {**self._response(answer, []), "status": "in_progress", "usage": None, "incomplete_details": None}

    def _item_events(self, index: int, item: Body) -> Iterator[Body]:
        at = {"output_index": index, "item_id": item["id"]}
        nothing = {"message": {"content": []}, "function_call": {"arguments": ""}}.get(item["type"], {})
        begun = {**item, **nothing, "status": "in_progress"}
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        if item["type"] == "message":
            [part] = item["content"]
            field = "text" if part["type"] == "output_text" else "refusal"
            at = {**at, "content_index": 0}
            kind = f"response.{part['type']}"
            more = {"logprobs": []} if field == "text" else {}
            yield {"type": "response.content_part.added", **at, "part": {**part, field: ""}}
            for piece in self.model.pieces(part[field]):
                yield {"type": f"{kind}.delta", **at, "delta": piece, **more}
            yield {"type": f"{kind}.done", **at, field: part[field], **more}
            yield {"type": "response.content_part.done", **at, "part": part}
        if item["type"] == "function_call":
            kind = "response.function_call_arguments"
            for piece in self.model.pieces(item["arguments"]):
                yield {"type": f"{kind}.delta", **at, "delta": piece}
            yield {"type": f"{kind}.done", **at, "name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}

    def _response(self, answer: Answer, output: list[Body]) -> Body:
        reason = {"length": "max_output_tokens", "refused": "content_filter" if answer.text else None}.get(
            answer.finish
        )
        return {
            "id": f"resp_{len(self.model.received)}",
            "object": "response",
            "created_at": 1_790_000_000,
            "status": "incomplete" if reason else "completed",
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "instructions": None,
            "metadata": {},
            "model": self._model,
            "output": output,
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "usage": {
                "input_tokens": answer.prompt,
                "input_tokens_details": {"cached_tokens": answer.cached, "cache_write_tokens": 0},
                "output_tokens": answer.completion,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": answer.prompt + answer.completion,
            },
        }

    def _output(self, answer: Answer) -> list[Body]:
        """The thoughts, the words and the calls. A reasoning item belongs to the item behind it."""
        output = [self._message(answer)] if answer.text or answer.finish == "refused" else []
        output += [self._call(call) for call in answer.calls]
        if not (output and self._thinks):
            return output
        thought: Body = {"type": "reasoning", "id": self._id("rs"), "summary": []}
        encrypted = json_of([thought["id"], signature_of(self.name, output[0]["type"], answer.text[:20])])
        self.signed[thought["id"]] = json_of({FOLLOWING: output[0]["id"], ENCRYPTED: encrypted})
        return [{**thought, "encrypted_content": encrypted} if self._encrypts else thought, *output]

    def _message(self, answer: Answer) -> Body:
        part: Body = {"type": "output_text", "annotations": [], "logprobs": [], "text": answer.text}
        if not answer.text:
            part = {"type": "refusal", "refusal": REFUSAL}
        return {
            "type": "message", "id": self._id("msg"), "role": "assistant", "status": "completed", "content": [part],
        }  # fmt: skip

    def _call(self, call: Call) -> Body:
        return {
            "type": "function_call", "id": self._id("fc"), "status": "completed", "call_id": call.id,
            "name": call.name, "arguments": json_of(call.arguments),
        }  # fmt: skip

    def _id(self, kind: str) -> str:
        self._items += 1
        return f"{kind}_{self.name}{self._items:08}"


class Azure(Responses):
    """Azure OpenAI's resource: another address, and the key in a header of its own.

    https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/responses
    """

    name = "azure-openai"
    path = "/openai/v1"
    media = frozenset({"application/pdf"})
    key_header, key_form = "api-key", "{key}"

    @property
    def environment(self) -> dict[str, str]:
        return {"AZURE_OPENAI_ENDPOINT": self.url, "AZURE_OPENAI_API_KEY": self.key}


def _conversation(sent: Any) -> list[Utterance]:
    """Calls are their model's, and outputs, in the order of the calls, the user's."""
    said: list[Utterance] = []
    calls: list[str] = []
    results: list[Result] = []
    for item in [*sent, {"role": "end"}]:
        kind = item.get("type", "message")
        if kind == "function_call_output":
            results.append(Result.of(item["call_id"], item["output"]))
            continue
        if results:
            results.sort(key=lambda result: calls.index(result.call_id))
            said.append(Utterance("user", tuple(results)))
            calls, results = [], []
        if kind == "function_call":
            calls.append(item["call_id"])
            said.append(Utterance("assistant", (Call(item["call_id"], item["name"], json.loads(item["arguments"])),)))
        elif kind == "message" and item["role"] != "end":
            said.append(Utterance("system" if item["role"] == "developer" else item["role"], tuple(_words(item))))
    return said


def _words(message: Body) -> Iterator[Item]:
    content = message["content"]
    for part in [{"type": "input_text", "text": content}] if isinstance(content, str) else content:
        if part["type"] == "input_file":
            yield file_of(part)
        elif part["type"] == "input_image":
            yield image_of(part["image_url"])
        elif part.get("text", part.get("refusal")) != "":
            yield part.get("text") or part["refusal"]


def _offered(tool: Body) -> Offered:
    return Offered(tool["name"], tool.get("description") or "", tool.get("parameters") or {})


def _schema(wanted: Body | None) -> Body | None:
    return dict(wanted["schema"]) if wanted and wanted["type"] == "json_schema" else None
