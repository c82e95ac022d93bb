"""Responses over HTTP."""

from collections.abc import Iterator
from typing import Any

from agentos.domain import Completion, Prompt, Target, TokenCount
from agentos.kernel.errors import ErrorClass
from agentos.providers.adapter import HttpAdapter
from agentos.providers.openai_responses import errors, request, response, thoughts
from agentos.providers.openai_responses.stream import ResponseAccumulator
from agentos.providers.transport import IncomingResponse
from agentos.settings.provider import Provider


class Responses(HttpAdapter):
    """`POST {endpoint}/responses`"""

    path = "/responses"
    accumulator = ResponseAccumulator

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        return request.encode(provider, target, prompt)

    def decode(self, payload: dict[str, Any]) -> Completion:
        return response.decode(payload)

    def tokens(self, payload: dict[str, Any]) -> TokenCount:
        return response.tokens_of(payload)

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        return thoughts.bind(completion, provider, target)

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        return {"stream": True}

    def events(self, incoming: IncomingResponse) -> Iterator[dict[str, Any]]:
        """An event of type `error` is documented without an `error` in it, and some servers send one."""
        for event in super().events(incoming):
            failed = event.get("type") == "error"
            yield {**event, "error": event.get("error") or event} if failed else event

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        return errors.classify(status, payload)
