"""What every wire format has in common: one exchange, from prompt to completion or a classified failure.

An adapter is a pure translation: it holds no retry, no fallback, no clock and no state. A new wire format
is a subclass of `HttpAdapter` with `path`, `encode`, `decode`, `assembly` and `classify`, and one line in the registry.

A stream is put together to the very JSON that the same answer would have been in one piece, and read by the same
decoder. So a streamed answer and a whole one cannot differ, and there is one place that tells an answer from none.
Text goes out as it comes. Tool calls do not: half a call is of no use to anybody, and until it is whole and found
sound another model may still take over.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import quote

from agentos import __version__, json_text
from agentos.clock import Patience
from agentos.config import Provider
from agentos.domain import Completion, Listen, Prompt, Target, TokenCount, ToolCall
from agentos.errors import ErrorClass, UpstreamError
from agentos.providers.exchange import HttpReply, HttpRequest, Incoming, Open, Send
from agentos.providers.sse import data_of
from agentos.providers.text import Voice, clean

_WAIT_HINTS = ("retry-after", "retry-after-ms")
_AROUND = 2
"""Bytes of an event that holds a whole answer for one of the answer's."""
_ABSURD = 10**9  # tokens


class BadReply(Exception):
    """A reply that is not an answer; the text is ours."""


class Assembly(ABC):
    """One answer in the making, out of the events of a stream."""

    finished = False
    """Whether the provider has said how the answer ended. A stream that stops before that has broken off."""

    over = False
    """Whether nothing more is worth waiting for, though the connection may stay open."""

    @abstractmethod
    def add(self, event: dict[str, Any]) -> str:
        """Take in an event's JSON; the text that it adds to the answer, if any."""

    @abstractmethod
    def payload(self) -> dict[str, Any]:
        """What the provider would have answered in one piece."""


class Adapter(ABC):
    """A wire format: how one call is made."""

    @abstractmethod
    def call(self, provider: Provider, target: Target, prompt: Prompt, send: Send, seconds: float) -> Completion:
        """The provider's answer, within `seconds`. Raises UpstreamError."""

    @abstractmethod
    def stream(
        self, provider: Provider, target: Target, prompt: Prompt, open_: Open, patience: Patience, listen: Listen
    ) -> Completion:
        """The same answer, its text told to `listen` as it comes. Raises UpstreamError, also after text was told."""


class HttpAdapter(Adapter):
    """A wire format of JSON over HTTP."""

    path: ClassVar[str]
    """Appended to the provider's endpoint unless its settings have a path; `{model}` is the upstream id."""

    safe: ClassVar[str] = ":@"
    """Characters of a model's id that go into the path as they are."""

    assembly: ClassVar[type[Assembly]]
    """Puts an answer in pieces together to what `decode` takes."""

    streamed_type: ClassVar[str] = "text/event-stream"
    """The media type of an answer in pieces."""

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

    def bound(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        """The completion, which calls tools, with whatever its calls must remember of the prompt that it answers."""
        return completion

    def call(self, provider: Provider, target: Target, prompt: Prompt, send: Send, seconds: float) -> Completion:
        reply = send(self.request(provider, target, prompt), seconds)
        return self._finished(self._whole(reply), provider, target, prompt)

    def stream(
        self, provider: Provider, target: Target, prompt: Prompt, open_: Open, patience: Patience, listen: Listen
    ) -> Completion:
        with open_(self.request(provider, target, prompt, streamed=True), patience) as incoming:
            # A refusal comes whole, and so does the answer of a server that does not heed what it was asked.
            in_pieces = _media_type(incoming.headers) != "application/json"
            if in_pieces and 200 <= incoming.status < 300:
                with _understood(incoming.status):
                    completion = self._assembled(incoming, Voice(listen))
            else:
                completion = self._whole(incoming.read())
                if completion.text:
                    listen(completion.text)
        return self._finished(completion, provider, target, prompt)

    def _finished(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        # To bind takes another encoding of the whole conversation: only where there is something to bind.
        return self.bound(completion, provider, target, prompt) if completion.tool_calls else completion

    def _whole(self, reply: HttpReply) -> Completion:
        payload = _payload(reply.body)
        if not 200 <= reply.status < 300:
            raise self.refusal(reply, payload)
        with _understood(reply.status):
            return self.decode(payload)

    def _assembled(self, incoming: Incoming, voice: Voice) -> Completion:
        assembly, size = self.assembly(), 0
        try:
            for event in self.events(incoming):
                if event.get("error"):
                    raise self.broken(event)
                text = assembly.add(event)
                size += len(text.encode(errors="surrogatepass"))
                if size > incoming.most:
                    raise BadReply(f"more than {incoming.most} bytes of text")
                voice.say(text)
                if voice.heard:
                    incoming.begun()
                if assembly.over:
                    break
        except UpstreamError:
            if not assembly.finished:  # what breaks behind the last word breaks nothing
                raise
        if not assembly.finished:
            raise BadReply("the stream ended before the answer did")
        completion = self.decode(assembly.payload())
        voice.end()
        return completion

    def events(self, incoming: Incoming) -> Iterator[dict[str, Any]]:
        """The JSON of each event in a stream; one that is an error has an `error`. Raises BadReply."""
        for data in data_of(incoming, _AROUND * incoming.most):
            if data.strip() == "[DONE]":
                return
            try:
                event = json_text.parse_lenient(data.encode("utf-8", "surrogatepass"))
            except ValueError as error:
                raise BadReply("an event that is no JSON") from error
            if not isinstance(event, dict):
                raise BadReply("an event that is no JSON object")
            yield event

    def broken(self, event: dict[str, Any]) -> UpstreamError:
        """What an error in mid-stream means; its code may be a status."""
        code = as_object(event["error"]).get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 200
        error_class = self.classify(status, event) or (by_status(status) if status != 200 else ErrorClass.BAD_RESPONSE)
        return UpstreamError(error_class, "an error in mid-stream", status=200)

    def request(self, provider: Provider, target: Target, prompt: Prompt, *, streamed: bool = False) -> HttpRequest:
        body, headers = self.encode(provider, target, prompt), self.headers(provider)
        if streamed:
            body, headers = body | self.streamed_body(provider), headers | {"accept": self.streamed_type}
        return HttpRequest(self.url(provider, target, streamed), headers, json_text.dump(body).encode())

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        """What the request's JSON says besides, to be answered in pieces."""
        return {}

    def streamed_path(self, path: str) -> str:
        """Where answers in pieces are to be had."""
        return path

    def url(self, provider: Provider, target: Target, streamed: bool = False) -> str:
        path = provider.settings.path or self.path
        path = self.streamed_path(path) if streamed else path
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


def answer(
    text: str, calls: tuple[ToolCall, ...], reason: str, tokens: TokenCount, *, named: Mapping[str, str]
) -> Completion:
    """The completion in words and calls; `named` has the format's finish reasons in our words.

    Raises BadReply where there is neither: blanks are no words.
    """
    if not (text.strip() or calls):
        raise no_answer(reason)
    return Completion(
        text=text if text.strip() else "",
        finish_reason="tool_calls" if calls else named.get(reason, clean(reason)),
        tokens=tokens,
        tool_calls=calls,
    )


def no_answer(reason: str) -> BadReply:
    """What ended for a reason that no whole answer ends for."""
    return BadReply(f"no whole answer (it ended for {reason!r:.40})")


def count(value: Any) -> int:
    """A number of tokens; anything that no provider can mean (negative, fractional, absurdly large) counts as 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _ABSURD else 0


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


@contextmanager
def _understood(status: int) -> Iterator[None]:
    """Whatever is no answer raises UpstreamError."""
    try:
        yield
    except BadReply as error:
        raise UpstreamError(ErrorClass.BAD_RESPONSE, str(error), status=status) from error
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        reason = f"the reply is not of the documented shape ({type(error).__name__})"
        raise UpstreamError(ErrorClass.BAD_RESPONSE, reason, status=status) from error


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _payload(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty one for anything else, which no decoder takes for an answer."""
    try:
        return as_object(json_text.parse_lenient(body))
    except ValueError:
        return {}
