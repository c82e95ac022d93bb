"""What every wire format has in common: one exchange, from prompt to completion or a classified failure.

An adapter is a pure translation: it holds no retry, no fallback, no clock and no state. A new wire format
is a subclass of `HttpAdapter` with `path`, `encode`, `decode` and `classify`, and one line in the registry.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from agentos import __version__, json_text
from agentos.config import Provider
from agentos.domain import Completion, Prompt, Target
from agentos.errors import ErrorClass, UpstreamError

_WAIT_HINTS = ("retry-after", "retry-after-ms")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ABSURD = 10**9  # tokens


@dataclass(frozen=True)
class HttpRequest:
    """A POST to a provider."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpReply:
    """A provider's reply, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[HttpRequest, float], HttpReply]
"""Send a request within so many seconds. Raises UpstreamError: `timeout`, `connect` or `bad_response`."""


class BadReply(Exception):
    """A reply that is not an answer; the text is ours."""


class Adapter(ABC):
    """A wire format: how one call is made."""

    @abstractmethod
    def call(self, provider: Provider, target: Target, prompt: Prompt, send: Send, seconds: float) -> Completion:
        """The provider's answer, within `seconds`. Raises UpstreamError."""


class HttpAdapter(Adapter):
    """A wire format of JSON over HTTP."""

    path: ClassVar[str]
    """Appended to the provider's endpoint unless its settings have a path; `{model}` is the upstream id."""

    safe: ClassVar[str] = ":@"
    """Characters of a model's id that go into the path as they are."""

    @abstractmethod
    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        """The request's JSON."""

    @abstractmethod
    def decode(self, payload: dict[str, Any]) -> Completion:
        """The completion in a 2xx reply's JSON. Raises BadReply, or UpstreamError for a safety block."""

    @abstractmethod
    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        """What a refusal's typed codes say, before its status is asked; None if they say nothing."""

    def wait(self, payload: dict[str, Any]) -> str | None:
        """The seconds to wait that a refusal's JSON names, for providers that send no `Retry-After`."""
        return None

    def call(self, provider: Provider, target: Target, prompt: Prompt, send: Send, seconds: float) -> Completion:
        reply = send(self.request(provider, target, prompt), seconds)
        payload = _payload(reply.body)
        if not 200 <= reply.status < 300:
            raise self.refusal(reply, payload)
        try:
            return self.decode(payload)
        except BadReply as error:
            raise UpstreamError(ErrorClass.BAD_RESPONSE, str(error), status=reply.status) from error
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            reason = f"the reply is not of the documented shape ({type(error).__name__})"
            raise UpstreamError(ErrorClass.BAD_RESPONSE, reason, status=reply.status) from error

    def request(self, provider: Provider, target: Target, prompt: Prompt) -> HttpRequest:
        body = json_text.dump(self.encode(provider, target, prompt)).encode()
        return HttpRequest(self.url(provider, target), self.headers(provider), body)

    def url(self, provider: Provider, target: Target) -> str:
        path = provider.settings.path or self.path
        # Whatever a client calls a model stays one segment of the path.
        return provider.endpoint + path.replace("{model}", quote(target.upstream_model, safe=self.safe))

    def headers(self, provider: Provider) -> dict[str, str]:
        """The key travels in a header, never in the URL."""
        headers = {
            "content-type": "application/json",
            "accept": "application/json",
            "user-agent": f"agentos-serverless/{__version__}",
            **provider.settings.headers,
        }
        match provider.settings.auth:
            case "none" | "iam":
                pass
            case "bearer":
                headers["authorization"] = f"Bearer {provider.key.get_secret_value()}"
            case header:
                headers[header.lower()] = provider.key.get_secret_value()
        return headers

    def refusal(self, reply: HttpReply, payload: dict[str, Any]) -> UpstreamError:
        error_class = self.classify(reply.status, payload) or by_status(reply.status)
        hints = {name: value for name in _WAIT_HINTS if (value := reply.headers.get(name))}
        if not hints and (seconds := self.wait(payload)):
            hints = {"retry-after": seconds}
        return UpstreamError(error_class, f"status {reply.status}", status=reply.status, headers=hints)


def by_status(status: int) -> ErrorClass:
    """The error class of a status that is not 2xx, where no typed code says better (DESIGN's table)."""
    match status:
        case 401 | 403:
            return ErrorClass.AUTH
        case 402:
            return ErrorClass.QUOTA
        case 404 | 410:  # 410: NVIDIA's, for a model that has ended
            return ErrorClass.MODEL_NOT_FOUND
        case 408:
            return ErrorClass.SERVER
        case 412:  # Fireworks: the account is suspended
            return ErrorClass.QUOTA
        case 429 | 498 | 529:  # 498: Groq's, when its flexible capacity is used up
            return ErrorClass.RATE_LIMITED
    if status < 400:
        return ErrorClass.BAD_RESPONSE  # a redirect; it is never followed
    return ErrorClass.SERVER if status >= 500 else ErrorClass.REJECTED


def clean(text: str) -> str:
    """Text fit for UTF-8: a lone surrogate, which a provider may send when it cuts an emoji, becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def count(value: Any) -> int:
    """A number of tokens; anything that no provider can mean (negative, fractional, absurdly large) counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _ABSURD else 0


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _payload(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty one for anything else, which no decoder takes for an answer."""
    try:
        return as_object(json_text.parse_lenient(body))
    except ValueError:
        return {}
