"""JSON Merge Patch: the examples in appendix A of RFC 7396, and the laws that follow from its text."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.kernel.merge_patch import merge_patch
from tests.support.json_values import OBJECTS, TEXTS, VALUES

APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

WITHOUT_NULL = st.recursive(
    st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX_A)
def test_the_examples_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


@given(VALUES, VALUES)
def test_neither_side_is_changed(target: Any, patch: Any) -> None:
    before = copy.deepcopy((target, patch))
    merge_patch(target, patch)
    assert (target, patch) == before


@given(VALUES, VALUES)
def test_a_patch_applied_twice_is_as_if_applied_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@given(OBJECTS)
def test_an_empty_patch_changes_no_object(target: Any) -> None:
    assert merge_patch(target, {}) == target


@given(OBJECTS, st.dictionaries(TEXTS, WITHOUT_NULL, max_size=4))
def test_fields_that_a_patch_does_not_name_stay(target: Any, patch: Any) -> None:
    result = merge_patch(target, patch)
    assert set(result) == set(target) | set(patch)
    assert {key: result[key] for key in set(target) - set(patch)} == {
        key: target[key] for key in set(target) - set(patch)
    }


def difference(old: Any, new: Any) -> Any:
    """The patch that leads from `old` to `new`, where `new` holds no null."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    removed = {key: None for key in old if key not in new}
    return removed | {key: difference(old.get(key), value) for key, value in new.items()}


@given(st.dictionaries(TEXTS, WITHOUT_NULL, max_size=4), st.dictionaries(TEXTS, WITHOUT_NULL, max_size=4))
def test_every_object_can_be_reached_from_every_other(old: Any, new: Any) -> None:
    assert merge_patch(old, difference(old, new)) == new
