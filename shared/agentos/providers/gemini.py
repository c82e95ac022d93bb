"""Google's `generateContent` wire format (Gemini API; Vertex AI by endpoint and header).

https://ai.google.dev/api/generate-content
"""

from typing import Any

from agentos.config import Provider
from agentos.domain import Completion, Parameters, Prompt, Target, TokenCount, Tool, ToolChoice
from agentos.errors import ErrorClass, UpstreamError
from agentos.providers.base import Assembly, BadReply, HttpAdapter, answer, as_object, count, no_answer
from agentos.providers.blocks import plain
from agentos.providers.gemini_contents import calls_of, contents
from agentos.providers.text import clean

FINISHED = {"STOP": "stop", "MAX_TOKENS": "length"}

BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "ESCALATION",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    }
)
"""Finish reasons of an answer that was withheld; every `promptFeedback.blockReason` means the same."""

BROKEN = frozenset(
    {
        "MALFORMED_RESPONSE",
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    }
)
"""Finish reasons of an answer that is none."""

CODES = {
    "API_KEY_INVALID": ErrorClass.AUTH,  # error.details[].reason; the status is 400
    "FAILED_PRECONDITION": ErrorClass.QUOTA,  # error.status: billing is off, or the region has no free tier
}
"""Typed codes that say more than the status."""

TOO_LONG = "exceeds the maximum number of tokens"
"""Documented text of a 400 for a prompt over the window; there is no code for it."""

RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


class GeminiAssembly(Assembly):
    """Partial responses to a whole one."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []
        self._reason: str | None = None
        self._rest: dict[str, Any] = {}

    def add(self, event: dict[str, Any]) -> str:
        self._rest |= {name: event[name] for name in ("promptFeedback", "usageMetadata") if event.get(name)}
        candidate = event["candidates"][0] if event.get("candidates") else {}
        parts = as_object(candidate.get("content")).get("parts") or []
        self._parts += parts
        self._reason = candidate.get("finishReason") or self._reason
        self.finished = self._reason is not None or "blockReason" in self._rest.get("promptFeedback", {})
        return _words(parts)

    def payload(self) -> dict[str, Any]:
        candidate = {"content": {"parts": self._parts}, "finishReason": self._reason}
        return {**self._rest, "candidates": [candidate]}


class Gemini(HttpAdapter):
    """`POST {endpoint}/models/{model}:generateContent`"""

    path = "/models/{model}:generateContent"
    assembly = GeminiAssembly

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        system = [prompt.instructions] if prompt.instructions else []
        system += [plain(message) for message in prompt.messages if message.role == "system"]
        body: dict[str, Any] = {"contents": contents(prompt.messages)}
        if system:
            body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
        if prompt.tools:
            body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in prompt.tools]}]
        if choice := prompt.parameters.tool_choice:
            body["toolConfig"] = {"functionCallingConfig": _calling(choice)}
        if generation := _generation(prompt.parameters):
            body["generationConfig"] = generation
        return body

    def decode(self, payload: dict[str, Any]) -> Completion:
        if payload.get("error"):
            raise BadReply("a 200 with an error in its body")
        if (payload.get("promptFeedback") or {}).get("blockReason"):
            raise UpstreamError(ErrorClass.CONTENT_FILTER, "the prompt was blocked", status=200)
        if not payload.get("candidates"):
            raise BadReply("no candidates")
        candidate = payload["candidates"][0]
        reason = candidate.get("finishReason") or "STOP"
        if reason in BLOCKED:
            raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
        parts = (candidate.get("content") or {}).get("parts") or []
        text = clean(_words(parts))
        calls = calls_of(parts)
        if reason in BROKEN:
            raise no_answer(reason)
        return answer(text, calls, reason, _tokens(as_object(payload.get("usageMetadata"))), named=FINISHED)

    def streamed_path(self, path: str) -> str:
        return path.replace(":generateContent", ":streamGenerateContent") + "?alt=sse"

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        if status >= 500:
            return None
        error = as_object(payload.get("error"))
        codes = [detail.get("reason") for detail in _details(error)] + [error.get("status")]
        for code in map(str, codes):
            if code in CODES:
                return CODES[code]
        return ErrorClass.CONTEXT_LENGTH if TOO_LONG in str(error.get("message")) else None

    def wait(self, payload: dict[str, Any]) -> str | None:
        """Google names the pause in the body: `retryDelay: "33s"`, possibly with a fraction."""
        for detail in _details(as_object(payload.get("error"))):
            if detail.get("@type") == RETRY_INFO:
                return str(detail.get("retryDelay") or "").removesuffix("s") or None
        return None


def _words(parts: list[dict[str, Any]]) -> str:
    """What is said, without what is thought."""
    return "".join(part.get("text") or "" for part in parts if not part.get("thought"))


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _declaration(tool: Tool) -> dict[str, Any]:
    """`parametersJsonSchema` takes JSON Schema as it is, where `parameters` knows a part of it only."""
    function = tool.function
    described = {"description": function.description} if function.description else {}
    return {"name": function.name, **described, "parametersJsonSchema": function.arguments_schema}


def _calling(choice: ToolChoice) -> dict[str, Any]:
    """https://ai.google.dev/api/caching#FunctionCallingConfig"""
    return {"mode": "ANY", **({"allowedFunctionNames": [choice.name]} if choice.name else {})}


def _generation(parameters: Parameters) -> dict[str, Any]:
    named: dict[str, Any] = {
        "temperature": parameters.temperature,
        "maxOutputTokens": parameters.max_tokens,
        "topP": parameters.top_p,
        "stopSequences": list(parameters.stop) or None,
        **_response_format(parameters.response_format or {}),
    }
    return {name: value for name, value in named.items() if value is not None}


def _response_format(response_format: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's `response_format` in Gemini's words."""
    if response_format.get("type") not in ("json_object", "json_schema"):
        return {}
    schema = (response_format.get("json_schema") or {}).get("schema")
    return {"responseMimeType": "application/json", "responseJsonSchema": schema}


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """Thinking is billed as output, so it counts as completion."""
    return TokenCount(
        prompt=count(usage.get("promptTokenCount")) + count(usage.get("toolUsePromptTokenCount")),
        completion=count(usage.get("candidatesTokenCount")) + count(usage.get("thoughtsTokenCount")),
        cached=count(usage.get("cachedContentTokenCount")),
    )
