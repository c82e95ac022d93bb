"""Whose credentials a request is signed with."""

from collections.abc import Callable, Mapping
from typing import Any

from agentos.kernel.once import once
from agentos.store.transport.signature import Credentials


def credentials_of(environment: Mapping[str, str]) -> Callable[[], Credentials]:
    """A function that returns the credentials of this moment.

    Keys in the environment come first, as in botocore, and are read for every request. Where there are none, botocore
    finds them: in a profile, or at the endpoint of a container, which a function with SnapStart has. It renews them
    before they expire. The function raises BotoCoreError where there are no credentials, or they cannot be renewed.
    """
    elsewhere = once(_session)

    def current() -> Credentials:
        access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
        if access_key and secret_key:
            return Credentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN") or None)
        return _found(elsewhere())

    return current


def _session() -> Any:
    from botocore.session import get_session

    return get_session()


def _found(session: Any) -> Credentials:
    from botocore.exceptions import NoCredentialsError

    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    frozen = credentials.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
