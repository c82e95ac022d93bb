"""Logging as JSON lines. Every known secret is replaced in every line."""

import json
import logging

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

_secrets: set[str] = set()


def hide_secrets(*secrets: str) -> None:
    """Replace these texts in every log line from now on, as they are and as JSON escapes them."""
    _secrets.update(form for secret in secrets if secret for form in (secret, json.dumps(secret)[1:-1]))


def redact(text: str) -> str:
    """`text` with every known secret replaced."""
    for secret in sorted(_secrets, key=len, reverse=True):  # longest first, because one key may be the start of another
        text = text.replace(secret, "***")
    return text


class _RedactingFormatter(LambdaPowertoolsFormatter):
    """Redacts the complete line, so that tracebacks are covered, too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


logger = Logger(service="agentos", logger_formatter=_RedactingFormatter(use_rfc3339=True, utc=True))
