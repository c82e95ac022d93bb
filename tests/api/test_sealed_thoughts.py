"""Thoughts that a client keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.api.sealed_thoughts import seal, unseal


@given(st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_comes_back_as_it_was(signature: str) -> None:
    assert unseal(seal(signature)) == signature


@pytest.mark.parametrize(
    "text", ["", "EqQBCgIYAhIM", "agentos1.%%%", "agentos1.ü", "agentos1._w==", "agentos1.YQ", "agentos2.YQ=="]
)
def test_a_text_of_others_is_left_out(text: str) -> None:
    assert unseal(text) is None
