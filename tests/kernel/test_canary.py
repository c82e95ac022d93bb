"""The search for keys finds them: otherwise it would prove nothing."""

import pytest

from agentos.domain.api_keys import new_key
from tests.support.canary import check_items, leaks
from tests.support.dynamodb import admin_client, items_of


def test_keys_are_found(environment: pytest.MonkeyPatch) -> None:
    key = new_key()
    mistyped = key[:-1] + ("y" if key.endswith("x") else "x")
    environment.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    assert leaks(f'{{"key": "{key}"}}') == [f"the key {key.split('_')[1]} of this API"]
    assert leaks("Bearer sk-canary-0123456789") == ["the value of OPENAI_API_KEY"]
    assert leaks(f"{mistyped} agos_<id>_<secret> sk-canary") == []
    assert key not in str(leaks(key))


def test_a_stored_key_is_found(dynamodb_url: str, table_name: str) -> None:
    dynamodb = admin_client(dynamodb_url)
    key = new_key()
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    dynamodb.call("PutItem", TableName=table_name, Item=item | {"text": {"S": f"is {key}"}})
    with pytest.raises(AssertionError, match="the table holds the key"):
        check_items(items_of(dynamodb, table_name))
    dynamodb.call("PutItem", TableName=table_name, Item=item)
    check_items(items_of(dynamodb, table_name))
