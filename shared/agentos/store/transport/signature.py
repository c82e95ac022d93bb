"""Signature Version 4 of a POST request without a query.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """A key of AWS's. `token` belongs to temporary credentials, as a function's role has them."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials({self.access_key!r})"


@lru_cache(maxsize=16)
def _quoted(path: str) -> str:
    return quote(path, safe="/~")


class Signer:
    """Signs requests to one service in one region.

    The key that is derived from the secret changes once a day, so it is kept for the secret and the day that were used
    last. Two threads may derive it at the same time; both get the same key.
    """

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._kept: tuple[str, str, bytes] = ("", "", b"")

    def signed(
        self, path: str, headers: Mapping[str, str], body: bytes, credentials: Credentials, now: float
    ) -> dict[str, str]:
        """The headers with those of the signature. All of them are signed.

        The names of `headers` are in small letters, and their values have no double spaces. `now` is in seconds since
        the epoch.
        """
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        day = timestamp[:8]
        signed = {**headers, "x-amz-date": timestamp}
        if credentials.token:
            signed["x-amz-security-token"] = credentials.token
        names = sorted(signed)
        lines = "".join(f"{name}:{signed[name]}\n" for name in names)
        joined, digest = ";".join(names), hashlib.sha256(body).hexdigest()
        request = f"POST\n{_quoted(path)}\n\n{lines}\n{joined}\n{digest}"
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        text = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._key(credentials.secret_key, day), text.encode(), "sha256").hex()
        signed["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={joined}, Signature={signature}"
        )
        return signed

    def _key(self, secret: str, day: str) -> bytes:
        kept_secret, kept_day, key = self._kept
        if (kept_secret, kept_day) != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._kept = (secret, day, key)
        return key
