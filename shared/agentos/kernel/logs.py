"""Logging as JSON lines, with every known key cut out of whatever is written."""

import json
import logging

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_secrets: set[str] = set()


def hide_secrets(*secrets: str) -> None:
    """Never let these texts appear in a log line, neither as they are nor as JSON writes them."""
    _secrets.update(form for secret in secrets if secret for form in (secret, json.dumps(secret)[1:-1]))


def redact(text: str) -> str:
    """`text` with every protected secret replaced."""
    for secret in sorted(_secrets, key=len, reverse=True):  # the longest first: one key may begin like another
        text = text.replace(secret, "***")
    return text


class _RedactingFormatter(LambdaPowertoolsFormatter):
    """The last step before a line is written, so that tracebacks are covered too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


logger = Logger(service="agentos", logger_formatter=_RedactingFormatter(use_rfc3339=True, utc=True))
