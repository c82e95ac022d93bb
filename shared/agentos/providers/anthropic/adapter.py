"""Anthropic's Messages API over HTTP."""

from typing import Any

from agentos.domain import Completion, Prompt, Target, TokenCount
from agentos.kernel.errors import ErrorClass
from agentos.providers.adapter import HttpAdapter
from agentos.providers.anthropic import errors, request, response
from agentos.providers.anthropic.messages import THINKING
from agentos.providers.anthropic.stream import MessageAccumulator
from agentos.providers.blocks import bind_thoughts, digest
from agentos.providers.fitting.cache_marks import without_marks
from agentos.settings.provider import Provider


class Anthropic(HttpAdapter):
    """`POST {endpoint}/messages`"""

    path = "/messages"
    accumulator = MessageAccumulator

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        plain = self.encode(provider, target, without_marks(prompt))
        return bind_thoughts(completion, THINKING, digest(target.upstream_model, plain))

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        return request.encode(target, prompt)

    def decode(self, payload: dict[str, Any]) -> Completion:
        return response.decode(payload)

    def tokens(self, payload: dict[str, Any]) -> TokenCount:
        return response.tokens_of(payload)

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        return {"stream": True}

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        return errors.classify(status, payload)
