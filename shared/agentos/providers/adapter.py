"""What every wire format has in common: one exchange, from a prompt to a completion or a classified failure.

An adapter only translates. It has no retry, no fallback, no clock and no state. A new wire format is a subclass of
`HttpAdapter` with `path`, `encode`, `decode`, `accumulator` and `classify`, a `limits.py`, and a line in the registry.
An adapter gets a prompt that already fits its limits (`fitting/`).

An accumulator turns a stream's events into the JSON of a response that is not streamed. The same decoder reads both, so
both kinds of answer are equal, and one place decides what counts as an answer. Text is passed on as it arrives, and so
are the model's thoughts where the client sees them. Tool calls are not: half a call is useless, and until a call is
complete and valid another model may still take over.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar
from urllib.parse import quote

from agentos import __version__
from agentos.domain import AnswerListener, Completion, Prompt, Target, TokenCount
from agentos.kernel import json_text
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.accumulator import StreamAccumulator
from agentos.providers.answers import MISSHAPEN, BadResponse, as_object, decoding_errors, first_object, plausible
from agentos.providers.error_status import by_status
from agentos.providers.retry_info import retry_delay
from agentos.providers.sse import data_of
from agentos.providers.text import AnswerEmitter
from agentos.providers.transport import (
    HttpRequest,
    HttpResponse,
    IncomingResponse,
    OpenResponse,
    ReceivedResponse,
    SendRequest,
)
from agentos.settings.provider import Provider

_WAIT_HINTS = ("retry-after", "retry-after-ms")
_EVENT_OVERHEAD = 2
"""Bytes of an event that holds a whole answer, for one byte of the answer."""

_WHOLE_BODY = (b"{", b"[", b"<")
"""How a body begins that is no stream: JSON, or a page of HTML. Its content type is not believed."""


class Adapter(ABC):
    """A wire format: how one call is made."""

    @abstractmethod
    def call(self, provider: Provider, target: Target, prompt: Prompt, send: SendRequest, seconds: float) -> Completion:
        """The provider's answer, within `seconds`. Raises UpstreamError."""

    @abstractmethod
    def stream(
        self,
        provider: Provider,
        target: Target,
        prompt: Prompt,
        open_: OpenResponse,
        timeouts: Timeouts,
        listen: AnswerListener,
    ) -> Completion:
        """The same answer, passed to `listen` as it arrives.

        Raises UpstreamError, also after a part was passed on.
        """

    def count(
        self, provider: Provider, target: Target, prompt: Prompt, send: SendRequest, seconds: float
    ) -> int | None:
        """The tokens of the prompt as the provider counts them; None where it has no count without an answer.

        Raises UpstreamError.
        """
        return None


class HttpAdapter(Adapter):
    """A wire format of JSON over HTTP."""

    path: ClassVar[str]
    """Appended to the provider's endpoint unless its settings have a path; `{model}` is the upstream id."""

    safe: ClassVar[str] = ":@"
    """Characters of a model's id that go into the path unquoted."""

    accumulator: ClassVar[type[StreamAccumulator]]
    """Builds what `decode` takes from the events of a stream."""

    streamed_type: ClassVar[str] = "text/event-stream"
    """The media type of a streamed answer."""

    @abstractmethod
    def encode(self, provider: Provider, target: Target, prompt: Prompt) -> dict[str, Any]:
        """The request's JSON."""

    @abstractmethod
    def decode(self, payload: dict[str, Any]) -> Completion:
        """The completion in a 2xx response's JSON. Raises BadResponse, or UpstreamError for a safety block."""

    @abstractmethod
    def tokens(self, payload: dict[str, Any]) -> TokenCount:
        """What a 2xx reply's JSON says was used, also where the reply is no answer. It is billed all the same."""

    @abstractmethod
    def classify(self, status: int, payload: dict[str, Any]) -> ErrorClass | None:
        """The class that an error's typed codes name; None leaves it to the status."""

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        """The completion, which has tool calls, with what its calls must remember of the provider and the prompt."""
        return completion

    def call(self, provider: Provider, target: Target, prompt: Prompt, send: SendRequest, seconds: float) -> Completion:
        response = send(self.request(provider, target, prompt), seconds)
        return self._finished(self._decode_response(response), provider, target, prompt)

    def stream(
        self,
        provider: Provider,
        target: Target,
        prompt: Prompt,
        open_: OpenResponse,
        timeouts: Timeouts,
        listen: AnswerListener,
    ) -> Completion:
        with open_(self.request(provider, target, prompt, streamed=True), timeouts) as incoming:
            if 200 <= incoming.status < 300 and not incoming.peek().startswith(_WHOLE_BODY):
                completion = self._accumulate(incoming, AnswerEmitter(listen))
            else:  # an error, or the answer of a server that does not stream
                completion = self._decode_response(incoming.read(), incoming.max_bytes)
                emitter = AnswerEmitter(listen)
                emitter.add(completion.text, completion.reasoning)
                emitter.flush()
        return self._finished(completion, provider, target, prompt)

    def _finished(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        # Binding may encode the whole conversation once more, so it is done only where there is something to bind.
        return self.bind_thoughts(completion, provider, target, prompt) if completion.tool_calls else completion

    def _decode_response(self, response: HttpResponse, max_bytes: int | None = None) -> Completion:
        payload = _payload(response.body)
        if not 200 <= response.status < 300:
            raise self.error_of_response(response, payload)
        received = ReceivedResponse(response, max_bytes or len(response.body))
        if not payload and not received.peek().startswith(_WHOLE_BODY):
            # A stream that was not asked for, or one that is labelled as JSON
            return self._accumulate(received, AnswerEmitter(AnswerListener(lambda _: None)))
        with self._counting(lambda: payload), decoding_errors(response.status):
            return self.decode(payload)

    def payload_of(self, response: HttpResponse) -> dict[str, Any]:
        """The JSON of a 2xx response. Raises UpstreamError for any other."""
        payload = _payload(response.body)
        if not 200 <= response.status < 300:
            raise self.error_of_response(response, payload)
        return payload

    def _accumulate(self, incoming: IncomingResponse, emitter: AnswerEmitter) -> Completion:
        accumulator = self.accumulator()
        with self._counting(accumulator.payload), decoding_errors(incoming.status):
            return self._read_stream(incoming, accumulator, emitter)

    @contextmanager
    def _counting(self, payload: Callable[[], dict[str, Any]]) -> Iterator[None]:
        """Adds to an UpstreamError what the provider had counted until then (`payload`: what has come by then)."""
        try:
            yield
        except UpstreamError as error:
            with suppress(BadResponse, *MISSHAPEN):  # it may be half an answer
                tokens = plausible(self.tokens(payload()), has_output=False)
                error.tokens = tokens if tokens.prompt or tokens.completion else None
            raise

    def _read_stream(
        self, incoming: IncomingResponse, accumulator: StreamAccumulator, emitter: AnswerEmitter
    ) -> Completion:
        size = 0
        try:
            for event in self.events(incoming):
                if event.get("error"):
                    raise self.error_of_event(event)
                text, reasoning = accumulator.add(event)
                size += len((text + reasoning).encode(errors="surrogatepass"))
                if size > incoming.max_bytes:
                    raise BadResponse(f"more than {incoming.max_bytes} bytes of text")
                emitter.add(text, reasoning)
                if emitter.started:
                    incoming.progress()
                if accumulator.done:
                    break
        except UpstreamError:
            if not accumulator.finished:  # what fails after the end of the answer does no harm
                raise
        if not accumulator.finished:
            raise BadResponse("the stream ended before the answer did")
        completion = self.decode(accumulator.payload())
        emitter.flush()
        return completion.model_copy(update={"reasoning": emitter.reasoning or completion.reasoning})

    def events(self, incoming: IncomingResponse) -> Iterator[dict[str, Any]]:
        """The JSON of each event in a stream. An event that reports an error has an `error`. Raises BadResponse."""
        for data in data_of(incoming, _EVENT_OVERHEAD * incoming.max_bytes):
            text = data.strip()
            if not text:
                continue  # sent to keep the connection alive
            if text == "[DONE]":
                return
            try:
                event = json_text.parse_lenient(text.removeprefix("\ufeff"))
            except ValueError as error:
                raise BadResponse("an event that is no JSON") from error
            event = first_object(event) if isinstance(event, list) else event
            if not isinstance(event, dict):
                raise BadResponse("an event that is no JSON object")
            yield event

    def error_of_event(self, event: dict[str, Any]) -> UpstreamError:
        """The failure that an event of a stream reports. Its code may be an HTTP status."""
        code = as_object(event["error"]).get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 200
        error_class = self.classify(status, event) or (by_status(status) if status != 200 else ErrorClass.BAD_RESPONSE)
        return UpstreamError(error_class, "an error within the stream", status=200)

    def request(self, provider: Provider, target: Target, prompt: Prompt, *, streamed: bool = False) -> HttpRequest:
        body, headers = self.encode(provider, target, prompt), self.headers(provider)
        if prompt.extras:  # what we send by ourselves is not replaced
            body, headers = prompt.extras.fields | body, dict(prompt.extras.headers) | headers
        if streamed:
            body, headers = body | self.streamed_body(provider), headers | {"accept": self.streamed_type}
        plain = HttpRequest(self.url(provider, target, streamed), headers, json_text.dump(body).encode())
        if provider.settings.auth != "iam":
            return plain
        from agentos.providers.signing import signed  # loads the AWS SDK, which no other provider needs

        return signed(plain, provider.region)

    def streamed_body(self, provider: Provider) -> dict[str, Any]:
        """Further fields of the request's JSON that ask for a stream."""
        return {}

    def streamed_path(self, path: str) -> str:
        """The path at which answers are streamed."""
        return path

    def url(self, provider: Provider, target: Target, streamed: bool = False) -> str:
        path = provider.settings.path or self.path
        path = self.streamed_path(path) if streamed else path
        # A model's name comes from a client, so it must stay one segment of the path.
        return provider.endpoint + path.replace("{model}", quote(target.upstream_model, safe=self.safe))

    def headers(self, provider: Provider) -> dict[str, str]:
        """The request's headers. The key is in a header, never in the URL."""
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

    def error_of_response(self, response: HttpResponse, payload: dict[str, Any]) -> UpstreamError:
        """The failure that a response other than 2xx reports."""
        error_class = self.classify(response.status, payload) or by_status(response.status)
        hints = {name: value for name in _WAIT_HINTS if (value := response.headers.get(name))}
        if not hints and (seconds := retry_delay(payload)):
            hints = {"retry-after": seconds}
        reason = self.reason(response.status, payload)
        return UpstreamError(error_class, reason, status=response.status, headers=hints)

    def reason(self, status: int, payload: dict[str, Any]) -> str:
        """What the log says of an error, in our own words."""
        return f"status {status}"


def _payload(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, or in a list; an empty one for anything else, which no decoder takes for an answer."""
    try:
        return first_object(json_text.parse_lenient(body))
    except ValueError:
        return {}
