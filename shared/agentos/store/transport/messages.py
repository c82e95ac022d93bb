"""What the client and its transport exchange: a request, and an answer as it came over the network."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from agentos.kernel import json_text


class Request:
    """One call of an operation. It is sent as often as the rules for further tries say, with the same body.

    `operation` is the service's name, such as `GetItem`. `parameters` are Python's values, with bytes in `B`. `body` is
    the JSON that is sent, with base64 in `B`.
    """

    __slots__ = ("body", "operation", "parameters")

    def __init__(self, operation: str, parameters: Mapping[str, Any]) -> None:
        self.operation = operation
        self.parameters = parameters
        self.body = encode(parameters)


class Answer(NamedTuple):
    """What came back. The names of `headers` are in small letters. `body` is not checked yet."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends a request once. This is where tests count requests and cause faults."""

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status. Raises botocore's exceptions where there is none."""


class AwsClient(Protocol):
    """A client of a service: ours, or botocore's behind the same method."""

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises ClientError where the service refuses, BotoCoreError where it does not answer.

        A further field that the service adds to an answer may be in it.
        """


class Timeouts(NamedTuple):
    """Seconds to make a connection, and seconds without a byte of an answer."""

    connect: float
    read: float


SHORT = Timeouts(connect=1, read=3)
"""For functions: DynamoDB answers within milliseconds, and a client waits for the function."""


def encode(parameters: Mapping[str, Any]) -> bytes:
    """The JSON of a request or an answer. DynamoDB takes bytes as base64, and nothing else of Python's needs a rule."""
    return _ENCODER.encode(parameters).encode()


def _base64(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no type of DynamoDB's")


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_base64)


def decode(body: bytes) -> Any:
    """The values of a JSON body, with bytes in `B` and `BS`. Raises ValueError."""
    return json.loads(body, object_hook=_with_bytes) if b'"B' in body else json_text.load(body)


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """A binary value, decoded. Any other object is returned as it is.

    `{"B": "text"}` is a binary value wherever it stands: an attribute that is named `B` has an object and no text.
    """
    if len(value) != 1:
        return value
    ((kind, held),) = value.items()
    if kind == "B" and isinstance(held, str):
        return {"B": base64.b64decode(held)}
    if kind == "BS" and isinstance(held, list) and all(isinstance(one, str) for one in held):
        return {"BS": [base64.b64decode(one) for one in held]}
    return value
