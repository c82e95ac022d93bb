"""Builds a client for a function."""

import os
from collections.abc import Mapping

from agentos.kernel.errors import ConfigError
from agentos.store.transport.client import ATTEMPTS, Client, SignedTransport
from agentos.store.transport.connections import Connections
from agentos.store.transport.credentials import credentials_of
from agentos.store.transport.endpoint import usual_endpoint
from agentos.store.transport.messages import SHORT, AwsClient, Timeouts
from agentos.store.transport.services import DYNAMODB, Service
from agentos.store.transport.skew import SkewedClock
from agentos.store.transport.tls import context as tls_context

SWITCH = "DYNAMODB_CLIENT"


def connect(
    endpoint_url: str | None = None,
    timeouts: Timeouts = SHORT,
    attempts: int = ATTEMPTS,
    environment: Mapping[str, str] = os.environ,
    service: Service = DYNAMODB,
) -> AwsClient:
    """A client with short time-outs and three tries, for many threads.

    DynamoDB's is botocore's where DYNAMODB_CLIENT is `botocore`. Any is botocore's where the endpoint depends on what
    only botocore reads. Raises ConfigError for another value of DYNAMODB_CLIENT.
    """
    if (switch := environment.get(SWITCH, "")) not in ("", "botocore"):
        raise ConfigError(f"{SWITCH}: {switch!r} is not botocore")
    switched = bool(switch) and service == DYNAMODB
    endpoint = None if switched else usual_endpoint(endpoint_url, environment, service.name)
    if endpoint is None:
        from agentos.store.transport.botocore_client import connect as connect_botocore

        return connect_botocore(endpoint_url, timeouts, attempts, service.name)
    connections = Connections(endpoint.url, timeouts, tls_context)
    credentials = credentials_of(environment)
    return Client(SignedTransport(connections, credentials, endpoint.region, SkewedClock(), service), attempts)
