"""The DynamoDB of the local host: moto's in memory, DynamoDB Local with its data on disk, or one that runs already."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import dynamodb, dynamodb_local
from local.environment import Environment
from local.template import Template

DYNAMODB_LOCAL = "dynamodb-local"
DATA = ".dynamodb"
"""The folder of its data, beside template.yaml."""


class StoreError(Exception):
    """There is no DynamoDB, or no table in it; the text says why."""


@contextmanager
def serving(root: Path, template: Template, environment: Environment) -> Iterator[str]:
    """What to say of the DynamoDB that the functions find by their environment, and that has the table.

    AWS_ENDPOINT_URL_DYNAMODB names it, else STORE, else it is moto's. Raises StoreError.
    """
    try:
        with _endpoint(root, environment) as (url, words):
            environment.defaults["AWS_ENDPOINT_URL_DYNAMODB"] = url
            environment.refresh()
            made = dynamodb.ensure_table(url, template)
            yield words if made else f"{words}; table {template.table['TableName']} was there"
    except (dynamodb.DynamoDBError, dynamodb_local.DynamoDBLocalError) as error:
        raise StoreError(str(error)) from None


@contextmanager
def _endpoint(root: Path, environment: Environment) -> Iterator[tuple[str, str]]:
    given = environment.get("AWS_ENDPOINT_URL_DYNAMODB") or environment.get("STORE")
    if given == DYNAMODB_LOCAL:
        with dynamodb_local.serving(root / DATA) as url:
            yield url, f"DynamoDB Local at {url}, its data kept in {DATA}/"
    elif given:
        yield given, given
    else:
        yield dynamodb.start(), "in memory, gone when this stops"
