"""Clients of AWS's services. They are botocore's: boto3 has the same ones, and takes as long again to import."""

from functools import cache
from typing import Any

from botocore.session import Session, get_session


@cache
def _session() -> Session:
    """One for all clients, because it reads the services' descriptions once."""
    return get_session()


def client(service: str, **options: Any) -> Any:
    """A client, with `boto3.client`'s options. Raises BotoCoreError, ValueError."""
    return _session().create_client(service, **options)
