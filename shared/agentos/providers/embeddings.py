"""Embeddings: texts go to a provider, and a vector for each comes back. One class for each wire format that has them.

https://platform.openai.com/docs/api-reference/embeddings/create
https://ai.google.dev/api/embeddings

A completion holds the vectors as text, a line for each: base64 of its numbers, which are floats of 32 bits, the least
significant byte first. That is the form in which OpenAI's clients ask for them.
"""

import base64
import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Protocol
from urllib.parse import quote

from agentos.domain import Completion, EmbeddingPrompt, Target, TokenCount
from agentos.kernel import json_text
from agentos.providers.adapter import HttpAdapter
from agentos.providers.answers import BadResponse, as_object, decoding_errors, token_count
from agentos.providers.fitting.texts import text_of
from agentos.providers.transport import HttpRequest, SendRequest
from agentos.settings.provider import Provider

Json = dict[str, Any]

REPLY_BYTES = 32 * 1024 * 1024
"""The longest body that is read: 2,048 vectors of 3,072 numbers as base64 of 32-bit floats, and a tenth more."""

CHAT_PATH = "/chat/completions"


class EmbeddingFormat(Protocol):
    """What a wire format says of embeddings. `most`: the texts of one request."""

    most: ClassVar[int]

    def path(self, provider: Provider, target: Target) -> str: ...
    def encode(self, target: Target, texts: Sequence[str], dimensions: int | None) -> Json: ...
    def vectors(self, payload: Json) -> Iterator[str]: ...
    def tokens(self, payload: Json) -> int | None: ...


class OpenAIEmbeddings:
    """`POST {endpoint}/embeddings`. Base64 is asked for, which is a quarter of the length; lists are taken as well."""

    most: ClassVar[int] = 2048

    def path(self, provider: Provider, target: Target) -> str:
        return (provider.settings.path or CHAT_PATH).replace(CHAT_PATH, "/embeddings")

    def encode(self, target: Target, texts: Sequence[str], dimensions: int | None) -> Json:
        body = {"model": target.upstream_model, "input": list(texts), "encoding_format": "base64"}
        return body if dimensions is None else {**body, "dimensions": dimensions}

    def vectors(self, payload: Json) -> Iterator[str]:
        for entry in sorted(payload["data"], key=lambda entry: int(entry["index"])):
            vector = entry["embedding"]
            yield packed(unpacked(vector)) if isinstance(vector, str) else packed(vector)

    def tokens(self, payload: Json) -> int | None:
        return token_count(as_object(payload.get("usage")).get("prompt_tokens"))


class GeminiEmbeddings:
    """`POST {endpoint}/models/{model}:batchEmbedContents`, which takes at most 100 texts."""

    most: ClassVar[int] = 100

    def path(self, provider: Provider, target: Target) -> str:
        return f"/models/{quote(target.upstream_model, safe='')}:batchEmbedContents"

    def encode(self, target: Target, texts: Sequence[str], dimensions: int | None) -> Json:
        length = {} if dimensions is None else {"outputDimensionality": dimensions}
        model = f"models/{target.upstream_model}"
        return {"requests": [{"model": model, "content": {"parts": [{"text": text}]}, **length} for text in texts]}

    def vectors(self, payload: Json) -> Iterator[str]:
        return (packed(entry["values"]) for entry in payload["embeddings"])

    def tokens(self, payload: Json) -> int | None:
        return token_count(as_object(payload.get("usageMetadata")).get("promptTokenCount"))


FORMATS: dict[str, EmbeddingFormat] = {"openai": OpenAIEmbeddings(), "gemini": GeminiEmbeddings()}


def embed(
    wire_format: HttpAdapter,
    provider: Provider,
    target: Target,
    prompt: EmbeddingPrompt,
    send: SendRequest,
    seconds: float,
) -> Completion:
    """A vector for each of the prompt's messages, within `seconds`. Raises UpstreamError."""
    form = FORMATS[provider.settings.format]
    texts = [text_of(message) for message in prompt.messages]
    batches = [texts[start : start + form.most] for start in range(0, len(texts), form.most)]
    lines: list[str] = []
    tokens: int | None = 0
    for batch in batches:
        body = json_text.dump(form.encode(target, batch, prompt.dimensions)).encode()
        request = HttpRequest(provider.endpoint + form.path(provider, target), wire_format.headers(provider), body)
        response = send(request, seconds / len(batches))
        payload = wire_format.payload_of(response)
        with decoding_errors(response.status):
            vectors = list(form.vectors(payload))
            if len(vectors) != len(batch):
                raise BadResponse("not one vector for each text")
        lines += vectors
        counted = form.tokens(payload)
        tokens = None if tokens is None or counted is None else tokens + counted
    return Completion(text="\n".join(lines), finish_reason="stop", tokens=TokenCount(prompt=tokens, completion=0))


def packed(vector: Sequence[float]) -> str:
    """The base64 text of a vector. Raises BadResponse for what is none."""
    if not vector or not all(map(math.isfinite, vector)):
        raise BadResponse("a vector without numbers")
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except (struct.error, OverflowError) as error:
        raise BadResponse("a vector whose numbers are too large") from error


def unpacked(text: str) -> tuple[float, ...]:
    """The numbers in a vector's base64 text. Raises ValueError."""
    data = base64.b64decode(text, validate=True)
    if len(data) % 4:
        raise ValueError("no floats of 32 bits")
    return struct.unpack(f"<{len(data) // 4}f", data)
