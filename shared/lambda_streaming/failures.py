"""A function's failure in the forms that Lambda and X-Ray take."""

import base64
import json
import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from traceback import FrameSummary
from typing import Any, NamedTuple

_OURS = str(Path(__file__).parent)

MAX_CAUSE_BYTES = 1024 * 1024
"""AWS's client sends X-Ray no more than this, in a header."""

MAX_TRAILER_BYTES = 3072
"""All trailers must fit into the 4,096-byte buffer of Go's HTTP server, in which the Runtime API is written."""


class InvocationError(Exception):
    """A function that cannot be loaded, or an invalid event or result. It is not an error of the function's code."""

    def __init__(self, kind: str, message: str, stack: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.stack = stack


class Failure(NamedTuple):
    """An error that ended an invocation or the start of the function."""

    kind: str
    message: str
    stack: Sequence[str]
    cause: str
    """JSON for X-Ray; empty if it is too large for a header."""

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """The error with its traceback from the function's first frame on. Its causes are left out."""
        if isinstance(error, InvocationError):
            return cls(error.kind, str(error), error.stack, _cause("LambdaValidationError", str(error), []))
        frames = list(traceback.extract_tb(error.__traceback__))
        while frames and frames[0].filename.startswith(_OURS):
            del frames[0]
        kind, message = type(error).__name__, str(error)
        # Without columns, the traceback has no markers below the code.
        bare = [FrameSummary(frame.filename, frame.lineno, frame.name, line=frame.line) for frame in frames]
        return cls(kind, message, traceback.format_list(bare), _cause(kind, message, frames))

    def document(self, request_id: str = "") -> dict[str, Any]:
        """The error as the Runtime API takes it."""
        return {
            "errorMessage": self.message,
            "errorType": self.kind,
            "requestId": request_id,
            "stackTrace": list(self.stack),
        }

    @property
    def named(self) -> dict[str, str]:
        """The error's class, as a header."""
        return {"Lambda-Runtime-Function-Error-Type": self.kind.encode("ascii", "replace").decode()}

    @property
    def traced(self) -> dict[str, str]:
        """The cause for X-Ray, as a header."""
        return {"Lambda-Runtime-Function-XRay-Error-Cause": self.cause} if self.cause else {}

    def trailers(self, request_id: str) -> dict[str, str]:
        """The trailers of a response that failed after its start, without outer frames if they would be too long."""
        document = self.document(request_id)
        stack, message = document["stackTrace"], self.message
        while len(encoded := _base64(document)) > MAX_TRAILER_BYTES and (stack or message):
            if stack:
                del stack[0]
            else:
                message = document["errorMessage"] = message[: len(message) // 2]
        return self.named | {"Lambda-Runtime-Function-Error-Body": encoded}


def _cause(kind: str, message: str, frames: Sequence[FrameSummary]) -> str:
    stack = [{"label": frame.name, "path": frame.filename, "line": frame.lineno} for frame in frames]
    cause = json.dumps(
        {
            "working_directory": os.getcwd(),  # noqa: PTH109 - a text is wanted
            "exceptions": [{"message": message, "type": kind, "stack": stack}],
            "paths": list(dict.fromkeys(frame.filename for frame in frames)),
        }
    )
    return cause if len(cause) < MAX_CAUSE_BYTES else ""


def _base64(document: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()
