"""Providers' keys and endpoints in SSM Parameter Store, where a deployed stack keeps them.

    /<stack>/providers/OPENAI_API_KEY        a SecureString
    /<stack>/providers/OPENAI_ENDPOINT

They are read once per process, again before MAX_AGE_SECONDS are over, and at once after a provider refused a key. A
rotated key needs no deployment. SSM's own operation is used, because a library that hides versions could not tell that
a key has changed where it is not decrypted: functions that call no provider read the names and versions only.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
"""

import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from agentos.kernel.clock import Clock
from agentos.kernel.logs import logger

MAX_AGE_SECONDS = 300
SPREAD_SECONDS = 60
"""The next read is earlier by a random part of this, so that environments that started together do not read together.
An account and region has 40 reads a second (https://docs.aws.amazon.com/general/latest/gr/ssm.html).
"""
RETRY_SECONDS = 10
"""The shortest time between two reads after a refused key or a failed read."""
FIRST_RETRY_SECONDS = (0.5, 2.0)
"""The same as long as no read has succeeded, because no provider can be called without keys. Drawn at random: after a
burst of new environments, all whose reads were refused would otherwise ask again together."""


class Parameter(NamedTuple):
    """A stored value, encrypted if it was read without decryption. Every change of it has a new version."""

    value: str
    version: int

    def __repr__(self) -> str:
        return f"Parameter(version={self.version})"


Parameters = Mapping[str, Parameter]
"""Parameters by the last part of their name, such as `OPENAI_API_KEY`."""


class Ssm(Protocol):
    """A client of SSM, such as `store/transport` builds it."""

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a request. Raises ClientError where SSM refuses, BotoCoreError where it does not answer."""


class ParameterStore:
    """The parameters below a path. `current()` returns the same object until a value has changed."""

    def __init__(self, client: Ssm, path: str, clock: Clock, *, decrypt: bool) -> None:
        self._client = client
        self._path = path.rstrip("/")
        self._clock = clock
        self._decrypt = decrypt
        self._lock = threading.Lock()
        self._found: Parameters = {}
        self._has_read = False
        self._read_at = 0.0
        self._due = 0.0

    def current(self) -> Parameters:
        """The parameters, read again if they are too old. If they cannot be read, the last ones stay."""
        with self._lock:
            # The wall clock, because it is not documented whether the monotonic one goes on while Lambda freezes.
            if self._clock.time() >= self._due:
                self._read()
            return self._found

    def refresh(self) -> None:
        """Read again at the next use, unless they were read within RETRY_SECONDS."""
        with self._lock:
            self._due = min(self._due, self._read_at + RETRY_SECONDS)

    def _read(self) -> None:
        self._read_at = self._clock.time()
        try:
            found = self._fetch()
        except (BotoCoreError, ClientError) as error:
            logger.error(
                "the providers' keys cannot be read", extra={"path": self._path, "reason": type(error).__name__}
            )
            self._due = self._read_at + self._retry_pause()
            return
        self._has_read = True
        self._due = self._read_at + MAX_AGE_SECONDS - self._clock.jitter(SPREAD_SECONDS)
        if found != self._found:
            self._found = found

    def _retry_pause(self) -> float:
        """Seconds until a read that failed is tried again."""
        if self._has_read:
            return RETRY_SECONDS
        shortest, longest = FIRST_RETRY_SECONDS
        return shortest + self._clock.jitter(longest - shortest)

    def _fetch(self) -> Parameters:
        return fetch(self._client, self._path, decrypt=self._decrypt)


def fetch(client: Ssm, path: str, *, decrypt: bool) -> Parameters:
    """The parameters below the path. Raises BotoCoreError, ClientError."""
    found: dict[str, Parameter] = {}
    more: dict[str, str] = {}
    while True:
        page = client.call("GetParametersByPath", Path=path, WithDecryption=decrypt, **more)
        for parameter in page["Parameters"]:
            name = parameter["Name"].removeprefix(f"{path}/")
            found[name] = Parameter(parameter["Value"].strip(), parameter["Version"])
        if not (token := page.get("NextToken")):
            return found
        more = {"NextToken": token}
