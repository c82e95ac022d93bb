"""What every fake provider has in common: a socket, a strict look at what is asked, an answer in small pieces."""

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from tests.conversations.brain import Answer, Brain, Heard
from tests.support.loopback import Loopback

MODEL = "suite"
"""The upstream id by which each fake knows its one model."""


class Invalid(Exception):
    """The provider's documentation says that it refuses this; the text says what."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.body)
        demand(isinstance(value, dict), "the body is no JSON object")
        return dict(value)


@dataclass(frozen=True)
class Sent:
    """A whole body, or one that is streamed: then it goes out cut into pieces anywhere."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    streamed: bool = False


class Front(Loopback):
    """A provider on loopback: translates between its wire format and the brain's words, and takes nothing amiss.

    Written after the providers' documentation and their SDKs' types, without a look at our own adapters.
    """

    provider: ClassVar[str]
    path: ClassVar[str]
    """What follows the address in `<PROVIDER>_ENDPOINT`."""

    key = "a-key-of-the-suite-0123456789"

    def __init__(self, brain: Brain) -> None:
        self.brain = brain

    @abstractmethod
    def heard(self, request: Request) -> Heard:
        """The request in neutral words. Raises Invalid."""

    @abstractmethod
    def whole(self, answer: Answer) -> Sent:
        """The answer in one piece."""

    @abstractmethod
    def events(self, answer: Answer) -> Iterator[bytes]:
        """The answer as it is streamed, event by event."""

    @abstractmethod
    def refusal(self, why: str) -> Sent:
        """A 400 in the provider's form."""

    streamed_type: ClassVar[str] = "text/event-stream"

    @property
    def environment(self) -> dict[str, str]:
        """What makes it the provider."""
        name = self.provider.upper()
        return {f"{name}_ENDPOINT": self.url + self.path, f"{name}_API_KEY": self.key}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reply(self, request: Request) -> Sent:
        try:
            heard = self.heard(request)
        except Invalid as invalid:
            self.brain.refused.append(str(invalid))
            return self.refusal(str(invalid))
        answer = self.brain.answer(heard)
        if not heard.streamed:
            return self.whole(answer)
        return Sent(b"".join(self.events(answer)), self.streamed_type, streamed=True)

    def handler(self, *connection: Any) -> "_Handler":
        return _Handler(self, *connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, front: Front, *arguments: Any) -> None:
        self._front = front
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = self._front.reply(Request("POST", self.path, headers, body))
        self.send_response(sent.status)
        length = {"transfer-encoding": "chunked"} if sent.streamed else {"content-length": str(len(sent.body))}
        for name, value in {"content-type": sent.content_type, **length, **sent.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"".join(self._chunks(sent.body)) if sent.streamed else sent.body)

    def _chunks(self, body: bytes) -> Iterator[bytes]:
        """HTTP chunks: these bounds arrive at a client, however the network puts the bytes together."""
        dice, at = self._front.brain.dice(), 0
        while at < len(body):
            piece = body[at : at + dice.randint(1, self._front.brain.longest)]
            yield b"%x\r\n%s\r\n" % (len(piece), piece)
            at += len(piece)
        yield b"0\r\n\r\n"

    def log_message(self, *_: object) -> None:
        pass


def demand(holds: object, why: str) -> None:
    """Raises Invalid."""
    if not holds:
        raise Invalid(why)


def answered(calls: Iterable[str], results: Iterable[str], *, in_order: bool) -> None:
    """Each call of the last answer has its one result, and no result is of any other call. Raises Invalid."""
    asked, given = list(calls), list(results)
    same = asked == given if in_order else sorted(asked) == sorted(given)
    demand(same, f"calls {asked} are answered by results of {given}")
