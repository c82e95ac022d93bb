"""Values become JSON and come back as they were, whatever their names are."""

import json
from typing import Any

import pytest
from botocore.serialize import create_serializer
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from agentos.store.transport.messages import Request, decode, encode

names = st.sampled_from(["B", "BS", "S", "M", "L", '"B', "a", "ü"]) | st.text(min_size=1, max_size=4)
leaves = (
    st.text().map(lambda value: {"S": value})
    | st.binary().map(lambda value: {"B": value})
    | st.integers().map(lambda value: {"N": str(value)})
    | st.booleans().map(lambda value: {"BOOL": value})
    | st.just({"NULL": True})
    | st.lists(st.binary(), min_size=1, max_size=3).map(lambda value: {"BS": value})
    | st.lists(st.text(), min_size=1, max_size=3).map(lambda value: {"SS": value})
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda value: {"L": value})
        | st.dictionaries(names, inner, max_size=3).map(lambda value: {"M": value})
    ),
    max_leaves=8,
)
items = st.dictionaries(names, values, max_size=4)


@given(items)
def test_items_come_back_as_they_were(item: dict[str, Any]) -> None:
    assert decode(encode({"Item": item, "Items": [item]})) == {"Item": item, "Items": [item]}


@given(items)
def test_bodies_are_those_of_botocore(item: dict[str, Any]) -> None:
    parameters = {"TableName": "table", "Item": item}
    theirs = SERIALIZER.serialize_to_request(parameters, PUT)["body"]
    assert json.loads(Request("PutItem", parameters).body) == json.loads(theirs)


MODEL = get_session().get_service_model("dynamodb")
PUT = MODEL.operation_model("PutItem")
SERIALIZER = create_serializer("json")


def test_a_value_that_dynamodb_has_not_is_an_error() -> None:
    with pytest.raises(TypeError):
        encode({"Item": {"a": {"SS": {"a set"}}}})
