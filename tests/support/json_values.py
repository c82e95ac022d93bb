"""Strategies for JSON: what a client may send in fields that the contract stores unchanged."""

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["", "\x00", "\x1f\x7f", "日本語", "👩‍🚀", '"\\/', "\u2028", "null", " "]
)

NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([10**4000, -(2**64) - 1, 2**53 + 1, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 1.0])
)

VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)

OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(TEXTS, VALUES, max_size=5)
