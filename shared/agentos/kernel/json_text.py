"""Strict JSON. Every value that is accepted can be stored and sent again exactly."""

import json
import math
from typing import Any

from pydantic_core import from_json

MAX_DEPTH = 64  # levels of nesting: far below Python's recursion limit, far above ordinary use


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""Made once: `json.dumps` makes one for each call that asks for another form than its own."""


class JsonError(ValueError):
    """The JSON is not accepted. `path` says where (`metadata.tags[2]`); it is empty if the text did not parse."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


def parse(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises JsonError for bytes that are not UTF-8, broken JSON, NaN and Infinity, numbers beyond a
    double's range, integers over 4300 digits (Python's own bound), lone surrogates and deep nesting.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise JsonError("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise JsonError(f"is nested deeper than {MAX_DEPTH} levels") from error
    except JsonError:
        raise
    except ValueError as error:  # an integer longer than sys.get_int_max_str_digits()
        raise JsonError("holds an integer of more than 4300 digits") from error
    _check(value, "", 0)
    return value


def parse_lenient(text: str | bytes) -> Any:
    """The value of a provider's JSON, which may hold any text. Raises ValueError."""
    try:
        return load(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def load(text: str | bytes) -> Any:
    """What `json.loads` gives, in less than half the time. Raises ValueError, RecursionError.

    pydantic's parser refuses some texts, such as those with a lone surrogate or 200 levels of nesting. All others
    mean the same to it.
    """
    try:
        return from_json(text, cache_strings="keys")
    except ValueError:
        return json.loads(text)


def dump(value: Any) -> str:
    """Compact JSON text with unescaped Unicode. Raises ValueError for NaN and infinities."""
    return _ENCODER.encode(value)


def _no_constant(name: str) -> float:
    raise JsonError(f"holds {name}, which is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise JsonError(f"holds a number beyond a double's range ({digits[:20]})")
    return number


def _check(value: Any, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise JsonError(f"is nested deeper than {MAX_DEPTH} levels", path)
    if isinstance(value, str):
        if not value.isascii():
            _check_text(value, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check(key, path, depth)
            _check(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)


def _check_text(text: str, path: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise JsonError("holds a lone surrogate, which no UTF-8 text can carry", path) from error
