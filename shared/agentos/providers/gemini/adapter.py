"""Google's generateContent API over HTTP."""

from typing import Any

from agentos.domain import Completion, Prompt, Target, TokenCount
from agentos.kernel.errors import ErrorClass
from agentos.providers.adapter import HttpAdapter
from agentos.providers.gemini import errors, request, response
from agentos.providers.gemini.stream import GeminiAccumulator
from agentos.settings.provider import Provider


class Gemini(HttpAdapter):
    """`POST {endpoint}/models/{model}:generateContent`"""

    path = "/models/{model}:generateContent"
    accumulator = GeminiAccumulator

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        return request.encode(prompt, target.facts)

    def decode(self, payload: dict[str, Any]) -> Completion:
        return response.decode(payload)

    def tokens(self, payload: dict[str, Any]) -> TokenCount:
        return response.tokens_of(payload)

    def streamed_path(self, path: str) -> str:
        return path.replace(":generateContent", ":streamGenerateContent") + "?alt=sse"

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        return errors.classify(status, payload)
