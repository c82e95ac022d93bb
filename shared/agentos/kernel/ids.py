"""Identifiers. They are opaque to clients and sort by creation time."""

import hashlib
import re
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: sorts as it counts
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHAPE = re.compile(rf"(agent|sess|msg|turn)_[0-7][{_ALPHABET}]{{25}}")  # 128 bits leave 3 to the first digit


def new_id(kind: str, at: float | None = None) -> str:
    """`kind` and 26 characters: 48 bits of milliseconds, then 80 random bits (a ULID's layout).

    `at`: the time of its creation in seconds since the epoch, instead of now.
    """
    milliseconds = time.time_ns() // 1_000_000 if at is None else int(at * 1000)
    return _written(kind, (milliseconds << 80) | secrets.randbits(80))


def first_id(kind: str, milliseconds: int) -> str:
    """What sorts before every id that was made at or after this moment, and behind all others."""
    return _written(kind, milliseconds << 80)


def made_at(made_id: str) -> int:
    """The creation time of an id that `new_id` made, in whole seconds since the epoch."""
    return made_at_milliseconds(made_id) // 1000


def made_at_milliseconds(made_id: str) -> int:
    """The same in milliseconds."""
    number = 0
    for digit in made_id.rpartition("_")[2]:
        number = number << 5 | _ALPHABET.index(digit)
    return number >> 80


def id_of(kind: str, name: str) -> str:
    """An id that is always the same for the same name: 128 bits of the name's hash."""
    return _written(kind, int.from_bytes(hashlib.sha256(name.encode()).digest()[:16]))


def _written(kind: str, number: int) -> str:
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)]
    return f"{kind}_{''.join(pairs)}"


def is_id(kind: str, text: str) -> bool:
    """Whether `text` has the form of an id of this kind."""
    return text.startswith(f"{kind}_") and _SHAPE.fullmatch(text) is not None
