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
    return body + _checksum(body)


def id_of_key(key: str) -> str | None:
    """The id in a key; None where the text is no key or its checksum is wrong."""
    found = _KEY.fullmatch(key)
    if found is None or _checksum(key[:-_CHECKSUM_CHARACTERS]) != key[-_CHECKSUM_CHARACTERS:]:
        return None
    return found[1]


def is_key_id(text: str) -> bool:
    """Whether the text has the form of a key's id."""
    return re.fullmatch(_ID, text) is not None


def hash_of_key(key: str) -> str:
    """What is stored of a key: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECKSUM_CHARACTERS)


def _base62(number: int, characters: int) -> str:
    """The number with leading zeros."""
    digits = []
    for _ in range(characters):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
