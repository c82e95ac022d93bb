"""A function's log in the two formats of the managed runtime: text and JSON.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
import logging
import os
import sys
import time
import traceback
from typing import Any

from lambda_streaming.runtime_api import Invocation

_TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
_TIME = "%Y-%m-%dT%H:%M:%S"
_OWN = {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName", "aws_request_id", "tenant_id"}
"""Fields that every record has. Any other field was added by a caller's `extra`."""


class Logs:
    """Writes the root logger's records and failures to stdout."""

    def __init__(self) -> None:
        self._as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        self._current: Invocation | None = None
        output = logging.StreamHandler(sys.stdout)
        output.setFormatter(_formatter(self._as_json))
        output.addFilter(self._tagged)
        root = logging.getLogger()
        root.addHandler(output)
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
        if level in logging.getLevelNamesMapping():
            root.setLevel(level)

    def begin(self, invocation: Invocation) -> None:
        """Records carry this invocation's id from now on."""
        self._current = invocation

    def failure(self, document: dict[str, Any]) -> None:
        """Write an error with its stack as one log event."""
        if self._as_json:
            now = time.strftime(f"{_TIME}Z", time.gmtime())
            lines = [json.dumps({"timestamp": now, "level": "ERROR", **document}, ensure_ascii=False)]
        else:
            said = ": ".join(filter(None, [document["errorType"], document["errorMessage"]]))
            stack = [line for entry in document["stackTrace"] for line in entry.splitlines()]
            # Lambda ends an event at \n, and CloudWatch removes leading blanks other than these.
            lines = [f"[ERROR] {said}", "Traceback (most recent call last):", *map(_indented, stack)]
        # A message may hold half a surrogate pair, which must not raise another error here.
        sys.stdout.write("\r".join(lines).encode(errors="backslashreplace").decode() + "\n")

    def _tagged(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self._current.request_id if self._current else ""
        record.tenant_id = self._current.tenant_id if self._current else None
        return True


def _formatter(as_json: bool) -> logging.Formatter:
    formatter = _JsonFormatter() if as_json else logging.Formatter(_TEXT, _TIME)
    formatter.converter = time.gmtime
    return formatter


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(text)) + text


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        kind, error, trace = record.exc_info or (None, None, None)
        fields = {
            "timestamp": self.formatTime(record, f"{_TIME}Z"),
            # Levels between the five are rounded down, so that Lambda can filter by them.
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg if isinstance(record.msg, dict) and not record.args else record.getMessage(),
            "logger": record.name,
            "stackTrace": traceback.format_tb(trace) if kind else None,
            "errorType": kind.__name__ if kind else None,
            "errorMessage": str(error) if kind else None,
            "requestId": record.__dict__["aws_request_id"],
            "location": f"{record.pathname}:{record.funcName}:{record.lineno}" if kind else None,
            "tenantId": record.__dict__["tenant_id"],
        }
        added = {name: value for name, value in record.__dict__.items() if name not in {*_OWN, *fields}}
        present = {name: value for name, value in {**fields, **added}.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, default=str)
