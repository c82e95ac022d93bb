"""The keys that callers send: how they are written, and what is stored of them.

    agos_<id>_<secret>     agos_0DxJ5uWq7Lk2Zp9a_<43 characters of 256 random bits><6 characters of a checksum>

Both parts are in base 62. The checksum is the CRC-32 of all characters before it, so that a key that was cut off or
mistyped is refused without a look-up, and a scanner for secrets knows a key from other text. The id begins with the
time of its creation, so that ids sort by it. Only a hash of the whole key is stored. The secret is random, so that the
hash need not be slow: nobody can try 2^256 secrets.
"""

import hashlib
import re
import secrets
import time
import zlib
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from agentos.domain.callers import Caller, ModelPattern, Scope, TenantName
from agentos.kernel.clock import epoch, timestamp
from agentos.kernel.values import Value, not_empty

PREFIX = "agos_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in the order of ASCII: sorts as it counts
SECRET_BITS = 256

_TIME_CHARACTERS, _RANDOM_CHARACTERS = 8, 8
_SECRET_CHARACTERS = 43  # 62^43 is the first power above 2^256
_CHECKSUM_CHARACTERS = 6  # 62^6 is above 2^32
_ID = rf"[0-9A-Za-z]{{{_TIME_CHARACTERS + _RANDOM_CHARACTERS}}}"
_KEY = re.compile(rf"{PREFIX}({_ID})_[0-9A-Za-z]{{{_SECRET_CHARACTERS + _CHECKSUM_CHARACTERS}}}", re.ASCII)
KEY_LENGTH = len(PREFIX) + _TIME_CHARACTERS + _RANDOM_CHARACTERS + 1 + _SECRET_CHARACTERS + _CHECKSUM_CHARACTERS


def new_key() -> str:
    """A new key."""
    made_at = _base62(time.time_ns() // 1_000_000, _TIME_CHARACTERS)
    number = secrets.randbelow(62**_RANDOM_CHARACTERS)
    body = f"{PREFIX}{made_at}{_base62(number, _RANDOM_CHARACTERS)}_"
    body += _base62(secrets.randbits(SECRET_BITS), _SECRET_CHARACTERS)
    return body + checksum(body)


def id_of_key(key: str) -> str | None:
    """The id in a key; None where the text is no key or its checksum is wrong."""
    found = _KEY.fullmatch(key)
    if found is None or checksum(key[:-_CHECKSUM_CHARACTERS]) != key[-_CHECKSUM_CHARACTERS:]:
        return None
    return found[1]


def is_key_id(text: str) -> bool:
    """Whether the text has the form of a key's id."""
    return re.fullmatch(_ID, text) is not None


def hash_of_key(key: str) -> str:
    """What is stored of a key: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def checksum(text: str) -> str:
    """The last characters of the key that begins with this text."""
    return _base62(zlib.crc32(text.encode()), _CHECKSUM_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    """The number with leading zeros."""
    digits = []
    for _ in range(characters):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _moment(text: str) -> str:
    """The time in the form of the API. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return timestamp(moment.timestamp())
    except (ValueError, OverflowError, OSError):
        raise ValueError("must be a time with its offset, such as 2027-01-31T00:00:00Z") from None


class NewApiKey(Value):
    """Whom a key is for and what it may do. Without `expiresAt` it does not expire; null is no bound."""

    tenant: TenantName
    name: Annotated[str, Field(min_length=1, max_length=256)]
    scopes: Annotated[tuple[Scope, ...], Field(max_length=20), AfterValidator(not_empty)]
    models: Annotated[tuple[ModelPattern, ...], Field(max_length=100), AfterValidator(not_empty)] | None = None
    expires_at: Annotated[str, AfterValidator(_moment)] | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class ApiKey(Value):
    """A caller's key as it is listed. It has nothing of the secret."""

    key_id: str
    tenant: str
    name: str
    scopes: tuple[Scope, ...]
    models: tuple[str, ...] | None
    expires_at: str | None
    requests_per_minute: int | None = None
    created_at: str
    revoked_at: str | None = None

    def valid_at(self, now: float) -> bool:
        """Whether it is neither revoked nor expired at `now` (epoch seconds)."""
        return self.revoked_at is None and (self.expires_at is None or now < epoch(self.expires_at))

    @property
    def caller(self) -> Caller:
        """Who sends it."""
        return Caller(
            self.tenant,
            self.key_id,
            self.name,
            frozenset(self.scopes),
            self.models,
            self.requests_per_minute,
            self.expires_at,
        )


class IssuedKey(ApiKey):
    """A new key, with the text that its caller sends. That is shown once and not stored."""

    key: str
