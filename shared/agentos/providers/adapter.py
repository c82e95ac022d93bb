"""What every wire format has in common: one exchange, from prompt to completion or a classified failure.

An adapter only translates. It has no retry, no fallback, no clock and no state. A new wire format is a subclass of
`HttpAdapter` with `path`, `encode`, `decode`, `accumulator` and `classify`, and one line in the registry.

An accumulator turns a stream's events into the same JSON as a response that is not streamed, and the same decoder reads
both. So both kinds of answer are equal, and one place decides what counts as an answer. Text is passed on as it
arrives. Tool calls are not: half a call is useless, and until the call is complete and valid another model may still
take over.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from agentos import __version__
from agentos.domain import Completion, Prompt, Target, TextListener
from agentos.kernel import json_text
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.accumulator import StreamAccumulator
from agentos.providers.answers import BadResponse, as_object, decoding_errors
from agentos.providers.error_status import by_status
from agentos.providers.sse import data_of
from agentos.providers.text import TextEmitter
from agentos.providers.transport import HttpRequest, HttpResponse, IncomingResponse, OpenResponse, SendRequest
from agentos.settings.provider import Provider

_WAIT_HINTS = ("retry-after", "retry-after-ms")
_AROUND = 2
"""Bytes of an event that holds a whole answer for one of the answer's."""


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
        listen: TextListener,
    ) -> Completion:
        """The same answer, its text told to `listen` as it comes. Raises UpstreamError, also after text was told."""


class HttpAdapter(Adapter):
    """A wire format of JSON over HTTP."""

    path: ClassVar[str]
    """Appended to the provider's endpoint unless its settings have a path; `{model}` is the upstream id."""

    safe: ClassVar[str] = ":@"
    """Characters of a model's id that go into the path as they are."""

    accumulator: ClassVar[type[StreamAccumulator]]
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

    def retry_delay(self, payload: dict[str, Any]) -> str | None:
        """The seconds to wait that a refusal's JSON names, for providers that send no `Retry-After`."""
        return None

    def bind_thoughts(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        """The completion, which calls tools, with whatever its calls must remember of the prompt that it answers."""
        return completion

    def call(self, provider: Provider, target: Target, prompt: Prompt, send: SendRequest, seconds: float) -> Completion:
        reply = send(self.request(provider, target, prompt), seconds)
        return self._finished(self._decode_response(reply), provider, target, prompt)

    def stream(
        self,
        provider: Provider,
        target: Target,
        prompt: Prompt,
        open_: OpenResponse,
        timeouts: Timeouts,
        listen: TextListener,
    ) -> Completion:
        with open_(self.request(provider, target, prompt, streamed=True), timeouts) as incoming:
            # A refusal comes whole, and so does the answer of a server that does not heed what it was asked.
            in_pieces = _media_type(incoming.headers) != "application/json"
            if in_pieces and 200 <= incoming.status < 300:
                with decoding_errors(incoming.status):
                    completion = self._accumulate(incoming, TextEmitter(listen))
            else:
                completion = self._decode_response(incoming.read())
                if completion.text:
                    listen(completion.text)
        return self._finished(completion, provider, target, prompt)

    def _finished(self, completion: Completion, provider: Provider, target: Target, prompt: Prompt) -> Completion:
        # To bind takes another encoding of the whole conversation: only where there is something to bind.
        return self.bind_thoughts(completion, provider, target, prompt) if completion.tool_calls else completion

    def _decode_response(self, reply: HttpResponse) -> Completion:
        payload = _payload(reply.body)
        if not 200 <= reply.status < 300:
            raise self.error_of_response(reply, payload)
        with decoding_errors(reply.status):
            return self.decode(payload)

    def _accumulate(self, incoming: IncomingResponse, emitter: TextEmitter) -> Completion:
        accumulator, size = self.accumulator(), 0
        try:
            for event in self.events(incoming):
                if event.get("error"):
                    raise self.error_of_event(event)
                text = accumulator.add(event)
                size += len(text.encode(errors="surrogatepass"))
                if size > incoming.max_bytes:
                    raise BadResponse(f"more than {incoming.max_bytes} bytes of text")
                emitter.add(text)
                if emitter.started:
                    incoming.output_started()
                if accumulator.done:
                    break
        except UpstreamError:
            if not accumulator.finished:  # what breaks behind the last word breaks nothing
                raise
        if not accumulator.finished:
            raise BadResponse("the stream ended before the answer did")
        completion = self.decode(accumulator.payload())
        emitter.flush()
        return completion

    def events(self, incoming: IncomingResponse) -> Iterator[dict[str, Any]]:
        """The JSON of each event in a stream; one that is an error has an `error`. Raises BadReply."""
        for data in data_of(incoming, _AROUND * incoming.max_bytes):
            if data.strip() == "[DONE]":
                return
            try:
                event = json_text.parse_lenient(data.encode("utf-8", "surrogatepass"))
            except ValueError as error:
                raise BadResponse("an event that is no JSON") from error
            if not isinstance(event, dict):
                raise BadResponse("an event that is no JSON object")
            yield event

    def error_of_event(self, event: dict[str, Any]) -> UpstreamError:
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

    def error_of_response(self, reply: HttpResponse, payload: dict[str, Any]) -> UpstreamError:
        error_class = self.classify(reply.status, payload) or by_status(reply.status)
        hints = {name: value for name in _WAIT_HINTS if (value := reply.headers.get(name))}
        if not hints and (seconds := self.retry_delay(payload)):
            hints = {"retry-after": seconds}
        return UpstreamError(error_class, f"status {reply.status}", status=reply.status, headers=hints)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _payload(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty one for anything else, which no decoder takes for an answer."""
    try:
        return as_object(json_text.parse_lenient(body))
    except ValueError:
        return {}
