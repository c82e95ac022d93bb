"""The client of SSM that functions have, for a parameter store of moto's."""

from agentos.store.transport.client import Client
from agentos.store.transport.connect import connect
from agentos.store.transport.messages import Timeouts
from agentos.store.transport.services import SSM


def reader(endpoint_url: str) -> Client:
    """A client that tries once, so that no test waits for another try.

    It has time for the first request, at which moto loads its parameter store.
    """
    client = connect(endpoint_url, Timeouts(connect=5, read=60), service=SSM)
    assert isinstance(client, Client)
    return Client(client.transport, attempts=1)
