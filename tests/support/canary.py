"""Keys in what the tests' processes write, answer and store. There must be none.

What is looked for: every key of this API, known by its checksum, and the providers' keys of the test's environment.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

from agentos.domain.api_keys import id_of_key

_KEY = re.compile(r"agos_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}")
MIN_LENGTH = 8
"""A provider's key that is shorter may be a part of any word."""


said = False
"""Whether the test's conversation itself has keys, so that they are in answers and items (the fixture `said_keys`)."""


def leaks(text: str, *, conversation: bool = False) -> list[str]:
    """What was found in the text, without the secrets themselves. `conversation`: whether what was said is in it."""
    if not text or (conversation and said):
        return []
    return sorted({*_own_keys(text), *_providers_keys(text)})


def _own_keys(text: str) -> Iterator[str]:
    for found in _KEY.finditer(text):
        if (key_id := id_of_key(found[0])) is not None:
            yield f"the key {key_id} of this API"


def _providers_keys(text: str) -> Iterator[str]:
    for name in os.environ:
        if name.endswith("_API_KEY") and len(value := os.environ[name]) >= MIN_LENGTH and value in text:
            yield f"the value of {name}"


def check_items(items: list[dict[str, Any]]) -> None:
    """Raises AssertionError where an item of a table holds a key."""
    found = leaks(str(items), conversation=True)
    assert not found, f"the table holds {', '.join(found)}"
