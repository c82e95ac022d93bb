"""JSON as no provider, client or table should send it: a known document with odd values in it, or cut."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.support.json_values import VALUES

_NESTED = re.compile(rb'"nested (\d+)"')

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),  # NaN and the infinities too, which Python's JSON has words for
    st.text(max_size=8),
    st.sampled_from(["half \ud83d", "9e999999", "1e-999999", "9" * 5000, 10**400, -1, [], {}, [[]], [{}]]),
    st.integers(60, 1200).map("nested {}".format),
    VALUES,
)
"""Any value. `as_bytes` turns the text `nested N` into a list that is nested so deep, which Python cannot write."""


def as_bytes(value: Any) -> bytes:
    """The JSON text, as compact as ours."""
    return _NESTED.sub(
        lambda depth: b"[" * int(depth[1]) + b"]" * int(depth[1]), json.dumps(value, separators=(",", ":")).encode()
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field and element, however deep."""
    fields = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in fields:
        yield (*path, key)
        yield from places(inner, (*path, key))


@st.composite
def spoilt(draw: st.DrawFn, document: Any, odd: st.SearchStrategy[Any] = ODD) -> Any:
    """The document with up to three of its fields or elements missing, or odd."""
    result = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(result))
        if not found:
            return copy.deepcopy(draw(odd))
        *parents, last = draw(st.sampled_from(found))
        holder: Any = result
        for key in parents:
            holder = holder[key]
        if draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = copy.deepcopy(draw(odd))  # which may be changed in its turn
    return result


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes up to some place, or with one byte changed."""
    place = draw(st.integers(0, len(content) - 1))
    if draw(st.booleans()):
        return content[:place]
    return content[:place] + bytes([draw(st.integers(0, 255))]) + content[place + 1 :]


@st.composite
def in_pieces(draw: st.DrawFn, content: bytes) -> list[bytes]:
    """The bytes in pieces, cut at up to five places. A piece may be empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), max_size=5)))
    return [content[start:end] for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True)]
