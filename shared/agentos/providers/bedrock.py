"""Amazon Bedrock's Converse wire format, signed with the function's own IAM role instead of a key.

The request goes out over the one HTTP client like any other, so that its time is bounded as a whole; of the AWS SDK
only credentials and Signature Version 4 are used, and none of its retries.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session, get_session

from agentos import json_text
from agentos.config import Provider
from agentos.domain import Completion, Prompt, Target, TokenCount
from agentos.errors import ErrorClass, UpstreamError
from agentos.providers.base import HttpAdapter, answer, as_object, count, no_answer
from agentos.providers.bedrock_messages import REASONING, calls_of, messages, tool_config
from agentos.providers.bedrock_stream import ConverseAssembly, events_of
from agentos.providers.blocks import bound, digest, system, wanted_schema
from agentos.providers.exchange import HttpReply, HttpRequest, Incoming
from agentos.providers.text import clean

FINISHED = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",  # a reason that speaks of calls where there are none
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
FILTERED = frozenset({"guardrail_intervened", "content_filtered", "refusal"})
BROKEN = frozenset({"malformed_model_output", "malformed_tool_use"})

CODES = {
    "AccessDeniedException": ErrorClass.AUTH,
    "ExpiredTokenException": ErrorClass.AUTH,
    "UnrecognizedClientException": ErrorClass.AUTH,
    "InvalidSignatureException": ErrorClass.AUTH,
    "ResourceNotFoundException": ErrorClass.MODEL_NOT_FOUND,
    "ServiceQuotaExceededException": ErrorClass.QUOTA,
    "ThrottlingException": ErrorClass.RATE_LIMITED,
    "ModelNotReadyException": ErrorClass.SERVER,  # a 429, but a moment later it may be ready
    "ModelTimeoutException": ErrorClass.SERVER,
    "ModelErrorException": ErrorClass.SERVER,  # a 424
    "ModelStreamErrorException": ErrorClass.SERVER,  # a 424, or in mid-stream
    "ServiceUnavailableException": ErrorClass.SERVER,
    "InternalServerException": ErrorClass.SERVER,
}
"""Types of exceptions, from the header `x-amzn-errortype`; `ValidationException` leaves it to the text."""

MESSAGES = {
    "Input is too long": ErrorClass.CONTEXT_LENGTH,
    "prompt is too long": ErrorClass.CONTEXT_LENGTH,
    "model identifier is invalid": ErrorClass.MODEL_NOT_FOUND,
    "on-demand throughput isn": ErrorClass.MODEL_NOT_FOUND,  # it is called by its inference profile alone
    "reached the end of its life": ErrorClass.MODEL_NOT_FOUND,
    "bound to a different conversation": ErrorClass.BAD_RESPONSE,  # Claude's check of thoughts that come back
    "Too many tokens per day": ErrorClass.QUOTA,  # a ThrottlingException that no pause helps
}
"""Texts that say more than the type."""


class Bedrock(HttpAdapter):
    """`POST {endpoint}/model/{model}/converse`"""

    path = "/model/{model}/converse"
    assembly = ConverseAssembly
    safe = ""  # as the SDK quotes: the signature is over the path, so a colon is not a colon

    streamed_type = "application/vnd.amazon.eventstream"

    def bound(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        return bound(completion, REASONING, digest(target.upstream_model, self.encode(provider, target, prompt)))

    def request(self, provider: Provider, target: Target, prompt: Prompt, *, streamed: bool = False) -> HttpRequest:
        plain = super().request(provider, target, prompt, streamed=streamed)
        credentials = _session().get_credentials()
        if credentials is None:
            raise UpstreamError(ErrorClass.AUTH, "no AWS credentials")
        signed = AWSRequest("POST", plain.url, {"content-type": plain.headers["content-type"]}, plain.body)
        SigV4Auth(credentials.get_frozen_credentials(), "bedrock", provider.region).add_auth(signed)
        return HttpRequest(plain.url, {**plain.headers, **signed.headers}, plain.body)

    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if texts := system(prompt):
            body["system"] = [{"text": text} for text in texts]
        if prompt.has_tools:
            body["toolConfig"] = tool_config(prompt)
        body["messages"] = messages(
            prompt.messages, lambda said: digest(target.upstream_model, {**body, "messages": said})
        )
        return {**body, **_parameters(prompt)}

    def decode(self, payload: dict[str, Any]) -> Completion:
        content, reason = payload["output"]["message"]["content"], payload.get("stopReason") or "end_turn"
        if reason in FILTERED:
            raise UpstreamError(ErrorClass.CONTENT_FILTER, "the answer was withheld", status=200)
        text, calls = clean("".join(block["text"] for block in content if "text" in block)), calls_of(content)
        if reason in BROKEN:
            raise no_answer(reason)
        return answer(text, calls, reason, _tokens(as_object(payload.get("usage"))), named=FINISHED)

    def streamed_path(self, path: str) -> str:
        return path + "-stream"

    def events(self, incoming: Incoming) -> Iterator[dict[str, Any]]:
        for kind, what in events_of(incoming):
            if kind.endswith("Exception"):
                yield {**what, "__type": kind[:1].upper() + kind[1:], "error": {"type": kind}}
            else:
                yield {kind: what}

    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        text = str(payload.get("message") or payload.get("Message") or "")
        by_text = (error_class for part, error_class in MESSAGES.items() if part in text and status < 500)
        return next(by_text, None) or CODES.get(str(payload.get("__type")).rpartition("#")[2])

    def refusal(self, reply: HttpReply, payload: dict[str, Any]) -> UpstreamError:
        kind = reply.headers.get("x-amzn-errortype") or str(payload.get("__type") or "")
        return super().refusal(reply, {**payload, "__type": kind.partition(":")[0]})


@cache
def _session() -> Session:
    """It finds the role's credentials once, and they renew themselves."""
    return get_session()


def _parameters(prompt: Prompt) -> dict[str, Any]:
    parameters = prompt.parameters
    inference = {
        "maxTokens": parameters.max_tokens,
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "stopSequences": list(parameters.stop) or None,
    }
    named: dict[str, Any] = {"inferenceConfig": {name: value for name, value in inference.items() if value is not None}}
    if schema := wanted_schema(parameters.response_format):
        structure = {"jsonSchema": {"schema": json_text.dump(schema)}}
        named["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    return {name: value for name, value in named.items() if value}


def _tokens(usage: dict[str, Any]) -> TokenCount:
    """`inputTokens` are those alone that are neither read from the cache nor written to it."""
    cached, written = count(usage.get("cacheReadInputTokens")), count(usage.get("cacheWriteInputTokens"))
    return TokenCount(
        prompt=count(usage.get("inputTokens")) + written + cached,
        completion=count(usage.get("outputTokens")),
        cached=cached,
    )
