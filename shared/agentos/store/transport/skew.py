"""The difference between this machine's clock and AWS's, which refuses a signature that is five minutes off."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from botocore.exceptions import BotoCoreError

from agentos.store.transport.answers import document
from agentos.store.transport.messages import Answer

TOLERATED_SECONDS = 240
"""A smaller difference is not why a signature was refused, so the request is not signed anew."""

_CODES = {
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
}


class SkewedClock:
    """Seconds since the epoch as AWS counts them, once it has refused a signature for its time."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._ahead = 0.0

    def time(self) -> float:
        return self._now() + self._ahead

    def corrected(self, answer: Answer) -> bool:
        """Whether the answer refuses a signature for its time. The clock is then as the answer's `Date` says."""
        if answer.status not in (400, 403) or _code(answer) not in _CODES:
            return False
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except ValueError:
            return False
        if abs(theirs - self.time()) < TOLERATED_SECONDS:
            return False
        self._ahead = theirs - self._now()
        return True


def _code(answer: Answer) -> str:
    try:
        return str(document(answer.headers, answer.body).get("__type", "")).rpartition("#")[2]
    except BotoCoreError:
        return ""
