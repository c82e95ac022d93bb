"""Logging as JSON lines. Every known secret is replaced in every line.

Every line carries what `correlated` was given: the id of the request, and of the turn where there is one.
"""

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_secrets: set[str] = set()


_CALLERS_KEY = re.compile(r"agos_[0-9A-Za-z]+_[0-9A-Za-z]+")
"""Keys of callers are too many to be known one by one (`domain/api_keys.py`)."""


def hide_secrets(*secrets: str) -> None:
    """Replace these texts in every log line from now on, as they are and as JSON escapes them."""
    _secrets.update(form for secret in secrets if secret for form in (secret, json.dumps(secret)[1:-1]))


def redact(text: str) -> str:
    """`text` with every known secret replaced, and whatever looks like a caller's key."""
    for secret in sorted(_secrets, key=len, reverse=True):  # longest first, because one key may be the start of another
        text = text.replace(secret, "***")
    return _CALLERS_KEY.sub("***", text)


class _RedactingFormatter(LambdaPowertoolsFormatter):
    """Redacts the complete line, so that tracebacks are covered, too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


logger = Logger(service="agentos", logger_formatter=_RedactingFormatter(use_rfc3339=True, utc=True))


@contextmanager
def correlated(**ids: str | None) -> Iterator[None]:
    """While the block runs, every line of this thread carries these fields; None leaves one out."""
    before = logger.thread_safe_get_current_keys()
    logger.thread_safe_append_keys(**{name: value for name, value in ids.items() if value})
    try:
        yield
    finally:
        logger.thread_safe_clear_keys()
        logger.thread_safe_append_keys(**before)


@contextmanager
def invocation(**ids: str | None) -> Iterator[None]:
    """One invocation of a function: its lines carry these fields alone.

    POWERTOOLS_LOGGER_SAMPLE_RATE draws anew whether the invocation logs at DEBUG.
    """
    logger.thread_safe_clear_keys()
    if float(logger.sampling_rate or 0):  # a draw makes every logger of the process forget which levels it logs
        logger.refresh_sample_rate_calculation()
    with correlated(**ids):
        yield


def correlation() -> dict[str, Any]:
    """The fields that this thread's lines carry now."""
    return logger.thread_safe_get_current_keys()


def debugging() -> bool:
    """Whether this invocation logs at DEBUG. Fields for such a line are made only then."""
    return bool(logger.log_level <= logging.DEBUG)


def logs_content() -> bool:
    """Whether log lines may hold what was said (LOG_CONTENT)."""
    return os.environ.get("LOG_CONTENT") == "true"
