"""AGENTOS_KEY: the key, or the token, with which a program here asks a stack."""

import os
import re


class KeyTextError(Exception):
    """AGENTOS_KEY cannot be sent. The text does not hold it."""


def callers_key() -> str | None:
    """None where there is none. Raises KeyTextError; httpx would show the key."""
    key = os.environ.get("AGENTOS_KEY") or None
    if key and not re.fullmatch(r"[\x21-\x7e]+", key):
        raise KeyTextError("AGENTOS_KEY is no key: it has a blank, a line break or a character beyond ASCII")
    return key


def headers_of(key: str | None) -> dict[str, str]:
    """What a request has with the key."""
    return {"authorization": f"Bearer {key}"} if key else {}
