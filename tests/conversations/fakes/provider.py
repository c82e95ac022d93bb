"""What all fake providers share: strict checks of each request, and answers that are whole or in small pieces."""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tests.conversations.fakes.model import Answer, Received, ScriptedModel
from tests.conversations.fakes.rules import Asked, Body, Refused, Rule, Traits, check, require

MODEL = "suite"
"""The upstream id of the model that every fake has, and that can do all that its provider offers."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Body:
        value = json.loads(self.body, parse_float=_number)
        require(isinstance(value, dict), "the body is no JSON object")
        return dict(value)


@dataclass(frozen=True)
class Sent:
    """A whole body, or one that is streamed: then it goes out cut into pieces anywhere."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    streamed: bool = False


def _number(text: str) -> float:
    """A whole number as such, however it is written: so JSON Schema reads it."""
    return int(float(text)) if float(text).is_integer() else float(text)


class FakeProvider:
    """A provider: translates between its wire format and the scripted model, and refuses every invalid request.

    Written from the providers' documentation and their SDKs' types, independently of our own adapters.
    """

    name: str
    path: str
    """What follows the address in `<PROVIDER>_ENDPOINT`."""

    rules: tuple[Rule, ...]
    models: Mapping[str, Traits]
    streamed_type: ClassVar[str] = "text/event-stream"
    media: ClassVar[frozenset[str]] = frozenset()
    """Kinds of files and audio that its models take (`File.kind`)."""

    key = "a-key-of-the-suite-0123456789"

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        self.url = f"http://{self.name}.test"
        """Where it is served."""
        self.refusals: list[Refused] = []
        self.signed: dict[str, str] = {}
        """What it has signed. Each format explains it."""
        self.outage: Sent | None = None
        """What it answers to everything while it is down."""

    def prepare(self) -> None:
        """Load what the rules need, which takes seconds. A client's first request would not wait so long."""

    @abstractmethod
    def asked(self, request: Request) -> Asked:
        """The request after a look at its path and key. Raises Refused."""

    @abstractmethod
    def received(self, asked: Asked) -> Received:
        """The request in neutral words, all rules kept. Raises Refused."""

    @abstractmethod
    def whole(self, answer: Answer) -> Sent:
        """The answer in one piece."""

    @abstractmethod
    def events(self, answer: Answer) -> Iterator[bytes]:
        """The answer as it is streamed, event by event."""

    @abstractmethod
    def refusal(self, refused: Refused) -> Sent:
        """The error in the provider's form."""

    @property
    def environment(self) -> dict[str, str]:
        """What makes it the provider."""
        name = self.name.upper()
        return {f"{name}_ENDPOINT": self.url + self.path, f"{name}_API_KEY": self.key}

    def takes(self, model: str) -> frozenset[str]:
        """Kinds of files and audio that this model takes."""
        return self.media

    def accept(self, request: Request) -> Received:
        """The request in neutral words. Raises Refused."""
        asked = self.asked(request)
        check(self.rules, asked)
        return self.received(asked)

    def reply(self, request: Request) -> Sent:
        if self.outage:
            return self.outage
        try:
            received = self.accept(request)
        except Refused as refused:
            self.refusals.append(refused)
            return self.refusal(refused)
        answer = self.model.answer(received)
        if not received.streamed:
            return self.whole(answer)
        return Sent(b"".join(self.events(answer)), self.streamed_type, streamed=True)
