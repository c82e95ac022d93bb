"""OpenAI's embeddings: texts in, a vector for each out.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

import base64
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.openai_chat import chat_extra
from agentos.api.openai_chat_request import ChatForm
from agentos.api.openai_errors import NAMES
from agentos.domain import GivenParameters, Message, Reply
from agentos.domain.requests import CompletionRequest
from agentos.kernel.errors import InvalidRequest, Unsupported
from agentos.kernel.validation import validated
from agentos.kernel.values import Value, Whole

Json = dict[str, Any]

MOST_TEXTS = 2048
"""Texts of one request, as at OpenAI."""


@dataclass(frozen=True)
class EmbeddingsForm(ChatForm):
    """How the answer is written. `packed`: vectors are base64 of their floats, not lists of numbers."""

    packed: bool = False


class EmbeddingsRequest(Lenient):
    """Body of `POST /v1/embeddings`."""

    model: str
    input: Any
    dimensions: Annotated[Whole, Field(ge=1, le=65_536)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    user: Any = None

    def neutral(self) -> tuple[CompletionRequest, EmbeddingsForm]:
        """The request in the terms that every door shares, and the form of its answer.

        Raises InvalidRequest, Unsupported.
        """
        notes = DoorNotes()
        notes.unknown(self.model_extra)
        try:
            parameters = validated(GivenParameters, {} if self.user is None else {"user": self.user})
        except InvalidRequest as error:
            raise NAMES.in_error(error) from error
        request = CompletionRequest(
            door="embeddings",
            model=self.model,
            messages=tuple(Message(role="user", content=text) for text in self._texts()),
            parameters=parameters,
            tools=(),
            dimensions=self.dimensions,
        )
        return request, EmbeddingsForm(tuple(notes), packed=self.encoding_format == "base64")

    def _texts(self) -> Iterator[str]:
        given = [self.input] if isinstance(self.input, str) else self.input
        if not isinstance(given, list) or not given:
            raise InvalidRequest.of("input", "must be a string or a list of strings")
        if len(given) > MOST_TEXTS:
            raise InvalidRequest.of("input", f"must have at most {MOST_TEXTS} texts")
        for index, text in enumerate(given):
            if isinstance(text, int | list):
                raise Unsupported("input: tokens are not taken; send text.", {"capability": "input"})
            if not isinstance(text, str) or not text:
                raise InvalidRequest.of(f"input[{index}]" if self.input is given else "input", "must be a text")
            yield text


class Embeddings(Value):
    """A list of embeddings, with our own `agentos` beside OpenAI's fields."""

    body: Json

    def to_json(self) -> Json:
        return self.body


def embeddings(reply: Reply, form: EmbeddingsForm) -> Embeddings:
    """The answer. The reply has a vector in each line of its content, as base64 of its floats."""
    lines = reply.content.split("\n")
    data = [
        {"object": "embedding", "index": index, "embedding": line if form.packed else _numbers(line)}
        for index, line in enumerate(lines)
    ]
    tokens = reply.usage.prompt_tokens or 0  # OpenAI's clients expect a number
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": data, "model": reply.model, "usage": usage}
    return Embeddings(body={**body, "agentos": chat_extra(reply, form)})


def _numbers(line: str) -> list[float]:
    data = base64.b64decode(line)
    return list(struct.unpack(f"<{len(data) // 4}f", data))
