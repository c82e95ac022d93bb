"""The first key of a deployed stack: made once, and only where the stack asks for keys."""

from typing import Any

from agentos import wiring
from tests.conftest import AWS
from tests.support.dynamodb import table_client
from tools.stack import first_key


def test_it_is_made_once_and_may_do_everything(api: Any, dynamodb_url: str, table_name: str) -> None:
    client = table_client(dynamodb_url, AWS["AWS_REGION"])
    key = first_key.make(client, table_name)
    assert key
    assert first_key.make(client, table_name) is None
    (listed,) = wiring.api_keys().page(10, None, None).data
    assert (listed.tenant, listed.scopes) == ("default", ("agents:read", "agents:write", "chat", "usage", "admin"))
    assert key in "\n".join(first_key.lines(key))


def test_keys_are_the_default() -> None:
    assert first_key.asks_for_keys({})
    assert first_key.asks_for_keys({"AuthMode": "keys"})
    assert not first_key.asks_for_keys({"AuthMode": "none"})
