"""DynamoDB Local for a whole run. Under pytest-xdist, the process that starts the workers runs it for all of them."""

from contextlib import ExitStack

import pytest

from local import dynamodb_local

_STARTED = pytest.StashKey[str]()


def shared_dynamodb_local(config: pytest.Config) -> str:
    """Its URL, valid until the end of the run. Where it cannot start, the reason instead of a URL."""
    if hasattr(config, "workerinput"):
        return str(config.workerinput["dynamodb_local"])
    if _STARTED not in config.stash:
        running = ExitStack()
        config.add_cleanup(running.close)
        try:
            config.stash[_STARTED] = running.enter_context(dynamodb_local.serving())
        except dynamodb_local.DynamoDBLocalError as error:
            config.stash[_STARTED] = str(error)
    return config.stash[_STARTED]
