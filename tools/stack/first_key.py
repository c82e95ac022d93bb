"""The first key of a deployed stack, made at its first deployment. Whoever deploys may write to the table anyway."""

from typing import Any

from local.first_key import first_key

KEYS = "keys"


def asks_for_keys(parameters: dict[str, str]) -> bool:
    """Whether a stack with these parameters asks its callers for keys, as it does by default."""
    return parameters.get("AuthMode", KEYS) == KEYS


def make(dynamodb: Any, table_name: str) -> str | None:
    """The text of a key that may do everything; None where the stack has keys already.

    It is in the tenant `default`, as all that was stored before there were keys.
    """
    from agentos.store.keys import API_KEYS

    found = dynamodb.query(
        TableName=table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": API_KEYS}},
        Limit=1,
        ConsistentRead=True,
    )
    return None if found["Items"] else first_key(dynamodb, table_name)


def lines(key: str) -> list[str]:
    """What is printed of it, once."""
    return [
        "The first key, with all scopes. It is shown this once:",
        "",
        f"  {key}",
        "",
        "Make others with less rights: AGENTOS_URL=<url> AGENTOS_KEY=<this key> make keys ARGS='create --help'",
    ]
