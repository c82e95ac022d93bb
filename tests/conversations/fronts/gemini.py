"""Google's generateContent, played strictly.

https://ai.google.dev/api/generate-content, …/gemini-api/docs/function-calling, …/thought-signatures
"""

import base64
from collections.abc import Iterator
from typing import Any

from google.genai import types
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from tests.conversations.brain import (
    Answer,
    Brain,
    Call,
    Heard,
    Image,
    Item,
    Offered,
    Result,
    Utterance,
    json_of,
    utterances,
)
from tests.conversations.fronts.front import MODEL, Front, Invalid, Request, Sent, answered, demand

STAND_IN = base64.urlsafe_b64decode("skip_thought_signature_validator")
"""What Google's guide to thought signatures names for calls that another model made."""

REASONS = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "refused": "SAFETY",
}
Body = dict[str, Any]


class Asked(BaseModel):
    """The request's body; the SDK has types for all that is in it, but none for the whole."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    tools: list[types.Tool] = []
    generation_config: types.GenerationConfig = types.GenerationConfig()


class GeminiFront(Front):
    provider, path = "gemini", "/v1beta"

    def __init__(self, brain: Brain) -> None:
        super().__init__(brain)
        self._signed: set[str] = set()

    def heard(self, request: Request) -> Heard:
        methods = {
            f"/v1beta/models/{MODEL}:generateContent": False,
            f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse": True,
        }
        demand(request.path in methods, f"there is no {request.path}")
        demand(request.headers.get("x-goog-api-key") == self.key, "API key not valid.")
        try:
            asked = Asked.model_validate_json(request.body, by_alias=True, by_name=False)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            raise Invalid(f"Invalid JSON payload received. {first['loc']}: {first['msg']}") from error
        how = asked.generation_config
        demand(how.response_json_schema is None or how.response_mime_type == "application/json", "schema without type")
        return Heard(
            system="\n\n".join(_texts(asked.system_instruction)),
            said=_conversation(asked.contents, self._signed),
            tools=tuple(_offered(one) for tool in asked.tools for one in tool.function_declarations or ()),
            temperature=how.temperature,
            top_p=how.top_p,
            max_tokens=how.max_output_tokens,
            stop=tuple(how.stop_sequences or ()),
            schema=how.response_json_schema,
            streamed=methods[request.path],
        )

    def _call_parts(self, calls: tuple[Call, ...]) -> list[Body]:
        """Of parallel calls the first alone is signed."""
        self._signed |= {call.id for call in calls[:1]}
        return [
            {"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}}
            | ({} if place else {"thoughtSignature": base64.b64encode(_signature(call.id)).decode()})
            for place, call in enumerate(calls)
        ]

    def whole(self, answer: Answer) -> Sent:
        if answer.finish == "refused" and not answer.text:
            return Sent(json_of(self._blocked(answer)).encode())
        parts: list[Body] = [{"text": answer.text}] if answer.text else []
        parts += self._call_parts(answer.calls)
        return Sent(json_of(self._response(parts, answer, ended=True)).encode())

    def events(self, answer: Answer) -> Iterator[bytes]:
        """Each with what is new; the last says how it ended."""
        if answer.finish == "refused" and not answer.text:
            yield _data(self._blocked(answer))
            return
        parts: list[Body] = [{"text": piece} for piece in self.brain.pieces(answer.text)]
        for part in [*parts, *self._call_parts(answer.calls)]:
            yield _data(self._response([part], answer, ended=False))
        yield _data(self._response([{"text": ""}], answer, ended=True))

    def refusal(self, why: str) -> Sent:
        error = {"code": 400, "message": why, "status": "INVALID_ARGUMENT"}
        return Sent(json_of({"error": error}).encode(), status=400)

    def _response(self, parts: list[Body], answer: Answer, *, ended: bool) -> Body:
        candidate: Body = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if ended:
            candidate["finishReason"] = REASONS[answer.finish]
        return {"candidates": [candidate], "usageMetadata": _usage(answer), **self._stamp()}

    def _blocked(self, answer: Answer) -> Body:
        usage = {"promptTokenCount": answer.prompt, "totalTokenCount": answer.prompt}
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage, **self._stamp()}

    def _stamp(self) -> Body:
        return {"modelVersion": MODEL, "responseId": f"response-{len(self.brain.heard)}"}


def _conversation(contents: list[types.Content], signed: set[str]) -> tuple[Utterance, ...]:
    demand(contents, "contents is not specified")
    roles = [content.role for content in contents]
    demand(roles[::2] == ["user"] * len(roles[::2]), "Please ensure that multiturn requests alternate, the user first.")
    demand(roles[1::2] == ["model"] * len(roles[1::2]), "Please use a valid role: user, model.")
    demand(roles[-1] == "user", "Please ensure that multiturn requests end with a user role or a function response.")
    calls: list[tuple[str | None, str | None]] = []
    said: list[Utterance] = []
    for content in contents:
        parts = content.parts or []
        demand(parts, "contents.parts must not be empty.")
        results = [part.function_response for part in parts if part.function_response]
        answered(map(str, calls), (str((one.id, one.name)) for one in results), in_order=True)
        calls = [(part.function_call.id, part.function_call.name) for part in parts if part.function_call]
        _check_signature(parts, signed)
        said.append(Utterance("assistant" if content.role == "model" else "user", tuple(map(_item, parts))))
    return utterances(said)


def _check_signature(parts: list[types.Part], signed: set[str]) -> None:
    """The first call of an answer comes back with what it was signed with; calls of another model's have none."""
    for part in [part for part in parts if part.function_call][:1]:
        call_id = (part.function_call and part.function_call.id) or ""
        expected = _signature(call_id) if call_id in signed else STAND_IN
        demand(part.thought_signature == expected, "a function call is missing a thought_signature")


def _item(part: types.Part) -> Item:
    """Of the fields of a part exactly one is set."""
    given = part.model_dump(exclude_none=True, exclude={"thought_signature"})
    demand(len(given) == 1, f"a part has {sorted(given)}")
    if part.inline_data:
        return Image(part.inline_data.mime_type or "", part.inline_data.data or b"")
    if part.file_data:
        demand((part.file_data.file_uri or "").startswith("https://"), "file_uri is no address")
        return Image(url=part.file_data.file_uri or "")
    if part.function_call:
        return Call(part.function_call.id or "", part.function_call.name or "", part.function_call.args or {})
    if part.function_response:
        response = part.function_response.response or {}
        content = response["result"] if set(response) == {"result"} else response
        return Result(part.function_response.id or "", content)
    demand(part.text, "a part's text is empty")
    return part.text or ""


def _texts(content: types.Content | None) -> list[str]:
    if content is None:
        return []
    texts = [part.text or "" for part in content.parts or ()]
    demand(texts and all(texts), "system_instruction is empty")
    return texts


def _offered(declared: types.FunctionDeclaration) -> Offered:
    demand(declared.name, "a function without a name")
    return Offered(declared.name or "", declared.description or "", declared.parameters_json_schema or {})


def _signature(call_id: str) -> bytes:
    return b"thought about " + call_id.encode()


def _usage(answer: Answer) -> Body:
    cached: Body = {"cachedContentTokenCount": answer.cached} if answer.cached else {}
    return {
        "promptTokenCount": answer.prompt,
        "candidatesTokenCount": answer.completion,
        "totalTokenCount": answer.prompt + answer.completion,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": answer.prompt}],
        **cached,
    }


def _data(event: Body) -> bytes:
    return f"data: {json_of(event)}\r\n\r\n".encode()
