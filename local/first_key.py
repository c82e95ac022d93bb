"""How a stack on this machine asks who calls, and the key with which one begins where it asks for keys."""

from typing import Any

from local.environment import Environment
from local.preflight import StartError

MODES = ("keys", "jwt", "iam", "none")


def auth_mode(environment: Environment, default: str) -> str:
    """AUTH, which says how callers say who they are, as the template's AuthMode does. Raises StartError."""
    mode = environment.get("AUTH") or default
    if mode not in MODES:
        raise StartError(f"AUTH must be keys, jwt, iam or none, not {mode!r}")
    return mode


def auth_parameters(mode: str) -> dict[str, str]:
    """The template's parameters that AUTH stands for, as a deployment must have them."""
    return {"AuthMode": mode} | ({"ApiAuthorizer": "AWS_IAM", "IamTenant": "default"} if mode == "iam" else {})


def first_key(client: Any, table_name: str, given: str = "") -> str:
    """Stores a key that may do everything: `given`, or a new one. Returns its text.

    Raises StartError for a text that is no key, without showing it.
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
        raise StartError(f"AGENTOS_ADMIN_KEY: {error}") from None
