"""Chat Completions over HTTP."""

from typing import Any

from agentos.domain import Completion, Prompt, Target
from agentos.kernel.errors import ErrorClass
from agentos.providers.adapter import HttpAdapter
from agentos.providers.openai import errors, request, response, thoughts
from agentos.providers.openai.stream import ChatAccumulator
from agentos.settings.provider import Provider


class OpenAI(HttpAdapter):
    """`POST {endpoint}/chat/completions`"""

    path = "/chat/completions"
    accumulator = ChatAccumulator

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        return request.encode(provider, target, prompt)

    def decode(self, payload: dict[str, Any]) -> Completion:
        return response.decode(payload)

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        return thoughts.bind(completion, provider, target)

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        usage = {"stream_options": {"include_usage": True}} if provider.settings.stream_options else {}
        return {"stream": True, **usage}

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        return errors.classify(status, payload)

    def reason(self, status: int, payload: dict[str, Any]) -> str:
        return errors.reason(payload) or super().reason(status, payload)
