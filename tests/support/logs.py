"""The functions' log, line by line."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agentos.kernel.logs import logger


class Log(io.StringIO):
    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line so far. A line that is not JSON is an error."""
        return [json.loads(line) for line in self.getvalue().splitlines()]


@contextmanager
def captured() -> Iterator[Log]:
    """The log while the block runs."""
    log = Log()
    handler = logger.registered_handler
    before = handler.setStream(log)  # type: ignore[attr-defined]
    try:
        yield log
    finally:
        handler.setStream(before)  # type: ignore[attr-defined]
