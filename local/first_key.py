"""How a stack on this machine asks who calls, and the key with which one begins where it asks for keys."""

from typing import Any

from local.environment import Environment

MODES = ("keys", "jwt", "iam", "none")


class ModeError(Exception):
    """AUTH says none of MODES."""


class KeyTextError(Exception):
    """AGENTOS_ADMIN_KEY is no key. The text does not hold it."""


def auth_mode(environment: Environment, default: str) -> str:
    """AUTH, which says how callers say who they are, as the template's AuthMode does. Raises ModeError."""
    mode = environment.get("AUTH") or default
    if mode not in MODES:
        raise ModeError(f"AUTH must be keys, jwt, iam or none, not {mode!r}")
    return mode


def auth_parameters(mode: str) -> dict[str, str]:
    """The template's parameters that AUTH stands for, as a deployment must have them."""
    return {"AuthMode": mode} | ({"ApiAuthorizer": "AWS_IAM", "IamTenant": "default"} if mode == "iam" else {})


def first_key(client: Any, table_name: str, given: str = "") -> str:
    """Stores a key that may do everything: `given`, or a new one. Returns its text. Raises KeyTextError.

    `client` is botocore's for DynamoDB.
    """
    from agentos.kernel.clock import Clock
    from agentos.services.api_keys import ApiKeys
    from agentos.store.api_keys import ApiKeyStore
    from agentos.store.dynamodb import Table
    from agentos.store.transport.botocore_client import BotocoreClient

    clock = Clock()
    try:
        return ApiKeys(ApiKeyStore(Table(BotocoreClient(client), table_name), clock), clock).first(given or None)
    except ValueError as error:
        raise KeyTextError(f"AGENTOS_ADMIN_KEY: {error}") from None
