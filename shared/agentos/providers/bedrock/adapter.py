"""Bedrock's Converse API over HTTP."""

from collections.abc import Iterator
from typing import Any

from agentos.domain import Completion, Prompt, Target, TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.adapter import HttpAdapter
from agentos.providers.bedrock import errors, request, response
from agentos.providers.bedrock.messages import REASONING
from agentos.providers.bedrock.stream import ConverseAccumulator, events_of
from agentos.providers.blocks import bind_thoughts, digest
from agentos.providers.fitting.cache_marks import without_marks
from agentos.providers.transport import HttpResponse, IncomingResponse
from agentos.settings.provider import Provider


class Bedrock(HttpAdapter):
    """`POST {endpoint}/model/{model}/converse`"""

    path = "/model/{model}/converse"
    accumulator = ConverseAccumulator
    safe = ""  # the SDK quotes every character, and the signature covers the quoted path

    streamed_type = "application/vnd.amazon.eventstream"

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        plain = self.encode(provider, target, without_marks(prompt))
        return bind_thoughts(completion, REASONING, digest(target.upstream_model, plain))

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        return request.encode(target, prompt)

    def decode(self, payload: dict[str, Any]) -> Completion:
        return response.decode(payload)

    def tokens(self, payload: dict[str, Any]) -> TokenCount:
        return response.tokens_of(payload)

    def streamed_path(self, path: str) -> str:
        return path + "-stream"

    def events(self, incoming: IncomingResponse) -> Iterator[dict[str, Any]]:
        for kind, data in events_of(incoming):
            if kind.endswith("Exception"):
                yield {**data, "__type": kind[:1].upper() + kind[1:], "error": {"type": kind}}
            else:
                yield {kind: data}

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        return errors.classify(status, payload)

    def error_of_response(self, response: HttpResponse, payload: dict[str, Any]) -> UpstreamError:
        kind = response.headers.get("x-amzn-errortype") or str(payload.get("__type") or "")
        return super().error_of_response(response, {**payload, "__type": kind.partition(":")[0]})
