"""A machine whose clock is wrong signs with AWS's time once it was refused."""

from email.utils import formatdate
from typing import Any

import pytest
from botocore.exceptions import ClientError

from agentos.store.transport.client import Client, SignedTransport
from agentos.store.transport.connections import Connections
from agentos.store.transport.signature import Credentials
from agentos.store.transport.skew import SkewedClock
from agentos.store.transport.tls import context
from tests.store.transport.conftest import GENEROUS
from tests.support.canned_dynamodb import CannedServer, Reply, error

OURS = 1_795_348_800.0  # 2026-11-22T12:00:00Z
HOUR = 3600


@pytest.fixture
def client(server: CannedServer) -> Client:
    connections = Connections(server.url, GENEROUS, context)
    clock = SkewedClock(lambda: OURS)
    return Client(SignedTransport(connections, lambda: Credentials("k", "s"), "eu-west-1", clock))


def refused(code: str, theirs: float | str) -> Reply:
    reply = error(code)
    date = theirs if isinstance(theirs, str) else formatdate(theirs, usegmt=True)
    return Reply(reply.status, reply.body, {**reply.headers, "Date": date})


def get(client: Client) -> Any:
    return client.call("GetItem", TableName="t", Key={"pk": {"S": "p"}})


def times(server: CannedServer) -> list[str]:
    return [seen.headers["x-amz-date"] for seen in server.seen]


@pytest.mark.parametrize("code", ["InvalidSignatureException", "RequestTimeTooSkewed"])
def test_a_wrong_clock_is_corrected_and_stays_so(client: Client, server: CannedServer, code: str) -> None:
    server.script = [refused(code, OURS + HOUR)]
    assert get(client) == get(client) == {}
    assert times(server) == ["20261122T120000Z", "20261122T130000Z", "20261122T130000Z"]


@pytest.mark.parametrize(
    ("code", "theirs"),
    [
        ("InvalidSignatureException", OURS + 60),  # the clock is right, so the secret is wrong
        ("InvalidSignatureException", "yesterday"),
        ("AccessDeniedException", OURS + HOUR),
    ],
)
def test_other_refusals_are_not_sent_again(client: Client, server: CannedServer, code: str, theirs: Any) -> None:
    server.script = [refused(code, theirs)]
    with pytest.raises(ClientError, match=code):
        get(client)
    assert times(server) == ["20261122T120000Z"]


def test_a_refusal_after_the_correction_is_an_error(client: Client, server: CannedServer) -> None:
    server.script = [refused("InvalidSignatureException", OURS + HOUR)] * 2
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        get(client)
    assert len(server.seen) == 2
