"""Every wire format's replies for an answer and for each failure of the design's table.

A new wire format is one more entry of `FORMATS`. The tests of `test_error_table.py` then include it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from agentos.kernel.errors import ErrorClass


@dataclass(frozen=True)
class Reply:
    """An HTTP reply. A body that is not text becomes JSON."""

    status: int
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self) -> httpx.Response:
        content = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return httpx.Response(self.status, headers=dict(self.headers), content=content)


@dataclass(frozen=True)
class Breaks:
    """A connection that breaks; no reply."""

    error: type[httpx.TransportError]
    status: None = None

    def __call__(self) -> httpx.Response:
        raise self.error("scripted")


@dataclass(frozen=True)
class Hangs:
    """No reply until the client gives up."""

    status: None = None

    def __call__(self) -> httpx.Response:
        raise httpx.ReadTimeout("scripted")


Behaviour = Reply | Breaks | Hangs


@dataclass(frozen=True)
class WireFormat:
    """`path` is the end of a request's path. `failures` holds this format's forms of each error class."""

    path: str
    answer: Reply
    failures: Mapping[ErrorClass, tuple[Behaviour, ...]]


ANYWHERE: dict[ErrorClass, tuple[Behaviour, ...]] = {
    ErrorClass.AUTH: (Reply(401), Reply(403)),
    ErrorClass.QUOTA: (Reply(402),),
    ErrorClass.RATE_LIMITED: (Reply(429), Reply(529), Reply(429, "", {"retry-after": "-1"})),
    ErrorClass.TIMEOUT: (Hangs(),),
    ErrorClass.CONNECT: (Breaks(httpx.ConnectError), Breaks(httpx.ReadError), Breaks(httpx.RemoteProtocolError)),
    ErrorClass.SERVER: (
        Reply(408),
        Reply(409),
        Reply(425),
        Reply(499),
        Reply(500),
        Reply(502, "<html>Bad Gateway</html>"),
        Reply(503),
        Reply(504),
    ),
    ErrorClass.BAD_RESPONSE: (
        Reply(200, "<!doctype html><title>Wi-Fi</title>"),
        Reply(200, '{"choices": [{"mess'),
        Reply(200, ""),
        Reply(200, {"error": {"message": "no", "code": 500}}),
        Reply(302, "", {"location": "http://elsewhere.test/"}),
    ),
    ErrorClass.MODEL_NOT_FOUND: (Reply(404),),
    ErrorClass.REJECTED: (Reply(400), Reply(422, {"error": {"message": "no"}})),
}
"""The replies that every format has in common."""


def _openai_error(status: int, code: str) -> Reply:
    return Reply(status, {"error": {"message": "no", "type": code, "code": code, "param": None}})


def _openai_choice(content: str | None, finish_reason: str) -> Reply:
    message = {"role": "assistant", "content": content}
    return Reply(200, {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]})


OPENAI = WireFormat(
    path="/chat/completions",
    answer=_openai_choice("An answer.", "stop"),
    failures={
        ErrorClass.AUTH: (_openai_error(400, "invalid_api_key"),),
        ErrorClass.QUOTA: (_openai_error(429, "insufficient_quota"), _openai_error(400, "billing_hard_limit_reached")),
        ErrorClass.RATE_LIMITED: (_openai_error(429, "rate_limit_exceeded"),),
        ErrorClass.BAD_RESPONSE: (
            Reply(200, {"choices": []}),
            _openai_choice("", "stop"),
            _openai_choice(None, "stop"),
            _openai_choice("half an ans", "error"),
        ),
        ErrorClass.MODEL_NOT_FOUND: (_openai_error(400, "model_decommissioned"),),
        ErrorClass.CONTEXT_LENGTH: (
            _openai_error(400, "context_length_exceeded"),
            Reply(400, {"error": {"message": "This model's maximum context length is 4096 tokens."}}),
        ),
        ErrorClass.CONTENT_FILTER: (_openai_choice("", "content_filter"), _openai_error(400, "content_filter")),
    },
)


def _google_error(status: int, kind: str, message: str = "no", **detail: Any) -> Reply:
    details = [detail] if detail else []
    return Reply(status, {"error": {"code": status, "status": kind, "message": message, "details": details}})


def _candidate(text: str, reason: str) -> Reply:
    content = {"role": "model", "parts": [{"text": text}]}
    return Reply(200, {"candidates": [{"content": content, "finishReason": reason}]})


GEMINI = WireFormat(
    path=":generateContent",
    answer=_candidate("An answer.", "STOP"),
    failures={
        ErrorClass.AUTH: (_google_error(400, "INVALID_ARGUMENT", reason="API_KEY_INVALID"),),
        ErrorClass.QUOTA: (_google_error(400, "FAILED_PRECONDITION"),),
        ErrorClass.RATE_LIMITED: (_google_error(429, "RESOURCE_EXHAUSTED"),),
        ErrorClass.BAD_RESPONSE: (
            Reply(200, {"candidates": []}),
            _candidate("", "STOP"),
            _candidate("half", "MALFORMED_RESPONSE"),
        ),
        ErrorClass.MODEL_NOT_FOUND: (_google_error(404, "NOT_FOUND"),),
        ErrorClass.CONTEXT_LENGTH: (
            _google_error(
                400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed (1048576)."
            ),
        ),
        ErrorClass.CONTENT_FILTER: (
            _candidate("", "SAFETY"),
            Reply(200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        ),
        ErrorClass.REJECTED: (_google_error(400, "INVALID_ARGUMENT"),),
    },
)

FORMATS = {"openai": OPENAI, "gemini": GEMINI}


def forms(wire_format: str, error_class: ErrorClass) -> tuple[Behaviour, ...]:
    """Every way in which a server of this format fails so."""
    return ANYWHERE.get(error_class, ()) + tuple(FORMATS[wire_format].failures.get(error_class, ()))
