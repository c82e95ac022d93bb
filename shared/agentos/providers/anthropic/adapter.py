"""Anthropic's Messages API over HTTP."""

from typing import Any

from agentos.domain import Completion, Prompt, Target, TokenCount
from agentos.kernel import json_text
from agentos.kernel.errors import ErrorClass
from agentos.providers.adapter import HttpAdapter
from agentos.providers.answers import token_count
from agentos.providers.anthropic import errors, request, response
from agentos.providers.anthropic.messages import THINKING
from agentos.providers.anthropic.stream import MessageAccumulator
from agentos.providers.blocks import bind_thoughts, digest
from agentos.providers.fitting.cache_marks import without_marks
from agentos.providers.transport import HttpRequest, SendRequest
from agentos.settings.provider import Provider


class Anthropic(HttpAdapter):
    """`POST {endpoint}/messages`"""

    path = "/messages"
    accumulator = MessageAccumulator

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        plain = self.encode(provider, target, without_marks(prompt))
        return bind_thoughts(completion, THINKING, digest(target.upstream_model, plain))

    def count(
        self, provider: Provider, target: Target, prompt: Prompt, send: SendRequest, seconds: float
    ) -> int | None:
        """`POST {endpoint}/messages/count_tokens`"""
        asked = self.request(provider, target, prompt)
        whole = (prompt.extras.fields if prompt.extras else {}) | self.encode(provider, target, prompt)
        body = {name: value for name, value in whole.items() if name in request.COUNTED}
        counting = HttpRequest(asked.url + "/count_tokens", asked.headers, json_text.dump(body).encode())
        return token_count(self.payload_of(send(counting, seconds)).get("input_tokens"))

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
