"""Google's generateContent, played strictly; its rules are in `gemini_rules`.

https://ai.google.dev/api/generate-content, …/gemini-api/docs/function-calling, …/thought-signatures
"""

import base64
import re
from collections.abc import Iterator
from typing import Any

from tests.conversations.fakes.gemini_rules import FILES, RULES, shape
from tests.conversations.fakes.model import (
    Answer,
    Call,
    File,
    Image,
    Item,
    Offered,
    Received,
    Result,
    Utterance,
    json_of,
    utterances,
)
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request, Sent
from tests.conversations.fakes.rules import Asked, Body, Refused, Traits, call_key, require, signature_of

PATH = re.compile(r"/v1beta/models/([^:]+):(generateContent|streamGenerateContent\?alt=sse)")
REASONS = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "refused": "SAFETY",
}
STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND"}


class Gemini(FakeProvider):
    name, path = "gemini", "/v1beta"
    rules = RULES
    models = {
        MODEL: Traits(thinks=True, longest=65_536, efforts=frozenset({"minimal", "low", "medium", "high"})),
        "gemini-3.5-flash-lite": Traits(
            thinks=True, longest=65_536, efforts=frozenset({"minimal", "low", "medium", "high"})
        ),
        "gemini-3.8-flash": Traits(thinks=True, longest=65_536, efforts=frozenset({"low", "medium", "high"})),
    }

    media = FILES | {"https", "http"}

    def prepare(self) -> None:
        shape()

    def asked(self, request: Request) -> Asked:
        found = PATH.fullmatch(request.path)
        if not found or found[1] not in self.models:
            raise Refused(f"models/{request.path} is not found for API version v1beta", status=404)
        require(request.headers.get("x-goog-api-key") == self.key, "API key not valid. Please pass a valid API key.")
        self._model = found[1]
        return Asked(request.json, self.models[found[1]], found[2] != "generateContent", self.signed)

    def received(self, asked: Asked) -> Received:
        body, how = asked.body, asked.body.get("generationConfig") or {}
        system = (body.get("systemInstruction") or {}).get("parts") or ()
        return Received(
            system="\n\n".join(part["text"] for part in system),
            said=_conversation(body["contents"]),
            tools=tuple(_offered(one) for tool in body.get("tools") or () for one in tool["functionDeclarations"]),
            temperature=how.get("temperature"),
            top_p=how.get("topP"),
            max_tokens=how.get("maxOutputTokens"),
            stop=tuple(how.get("stopSequences") or ()),
            schema=how.get("responseJsonSchema"),
            streamed=asked.streamed,
        )

    def _call_parts(self, calls: tuple[Call, ...]) -> list[Body]:
        """Of parallel calls the first alone is signed."""
        return [
            {"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}}
            | ({} if place else {"thoughtSignature": self._signature(call)})
            for place, call in enumerate(calls)
        ]

    def _signature(self, call: Call) -> str:
        signature = signature_of(self.name, call.name, call.arguments)
        self.signed[call_key(call.name, call.arguments)] = signature
        return base64.b64encode(signature.encode()).decode()

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
        parts: list[Body] = [{"text": piece} for piece in self.model.pieces(answer.text)]
        for part in [*parts, *self._call_parts(answer.calls)]:
            yield _data(self._response([part], answer, ended=False))
        yield _data(self._response([{"text": ""}], answer, ended=True))

    def refusal(self, refused: Refused) -> Sent:
        error: Body = {"code": refused.status, "message": refused.words, "status": STATUSES[refused.status]}
        if "API key" in refused.words:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
        return Sent(json_of({"error": error}).encode(), status=refused.status)

    def _response(self, parts: list[Body], answer: Answer, *, ended: bool) -> Body:
        candidate: Body = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if ended:
            candidate["finishReason"] = REASONS[answer.finish]
        return {"candidates": [candidate], "usageMetadata": _usage(answer), **self._stamp()}

    def _blocked(self, answer: Answer) -> Body:
        usage = {"promptTokenCount": answer.prompt, "totalTokenCount": answer.prompt}
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage, **self._stamp()}

    def _stamp(self) -> Body:
        return {"modelVersion": self._model, "responseId": f"response-{len(self.model.received)}"}


def _conversation(contents: list[Body]) -> tuple[Utterance, ...]:
    return utterances(
        [
            Utterance("assistant" if content["role"] == "model" else "user", tuple(map(_item, content["parts"])))
            for content in contents
        ]
    )


def _item(part: Body) -> Item:
    match part:
        case {"inlineData": {"mimeType": kind, "data": data}} if not kind.startswith("image/"):
            return File(kind, base64.b64decode(data, validate=True))
        case {"fileData": {"fileUri": url, "mimeType": "application/pdf"}}:
            return File(url=url)
        case {"inlineData": {"mimeType": kind, "data": data}}:
            return Image(kind, base64.b64decode(data, validate=True))
        case {"fileData": {"fileUri": url}}:
            require(url.startswith(("https://", "http://")), "file_uri is no address")
            return Image(url=url)
        case {"functionCall": call}:
            return Call(call.get("id") or "", call["name"], call.get("args") or {})
        case {"functionResponse": result}:
            response = result.get("response") or {}
            content: Any = response["result"] if set(response) == {"result"} else response
            return Result(result.get("id") or "", content)
    return str(part["text"])


def _offered(declared: Body) -> Offered:
    return Offered(declared["name"], declared.get("description") or "", declared.get("parametersJsonSchema") or {})


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
