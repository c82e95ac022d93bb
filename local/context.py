"""Lambda's context object, with what handlers read of it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.events import ACCOUNT_ID
from local.template import Function

REGION = "us-east-1"
"""The region in which the stack pretends to run."""

OpenStream = Callable[[dict[str, Any]], Callable[[bytes], None]]
"""Takes status and headers, as in API Gateway's prelude. Returns what sends a piece of the body at once."""


@dataclass(frozen=True)
class Context:
    """One invocation of a function. The template's timeout is counted down but, unlike on Lambda, not enforced."""

    function: Function
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None
    client_gone: Callable[[], bool] = lambda: False
    """Whether the client has closed its connection. Lambda's context does not have it, because Lambda cannot know."""
    _started: float = field(default_factory=time.monotonic)

    @property
    def function_name(self) -> str:
        return self.function.name

    @property
    def memory_limit_in_mb(self) -> str:
        """A string, as in Lambda's runtime for Python."""
        return str(self.function.memory)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function.name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function.name}"

    @property
    def log_stream_name(self) -> str:
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left of the template's timeout, never negative."""
        return max(0, int((self.function.timeout - (time.monotonic() - self._started)) * 1000))


@dataclass(frozen=True)
class StreamingContext(Context):
    """The context of a function that may stream its response. It may open the stream once."""

    open_stream: OpenStream = field(kw_only=True)
