"""Who sent a request: what a key must be, for how long what was read of it holds, and what a refusal tells."""

import zlib
from typing import Any

import pytest

from agentos.domain.api_keys import ALPHABET, IssuedKey, NewApiKey, id_of_key, new_key
from agentos.domain.callers import Caller
from agentos.kernel.clock import timestamp
from agentos.kernel.errors import InvalidRequest, Unauthorized
from agentos.kernel.logs import redact
from agentos.kernel.validation import validated
from agentos.services.api_keys import CHECK_SECONDS, MAX_CHECKED, ApiKeys, KeyChecker
from agentos.store.api_keys import ApiKeyStore
from agentos.store.dynamodb import Table
from agentos.store.transport.messages import Request
from tests.support.clock import START, FakeClock
from tests.support.memory_dynamodb import MemoryTable
from tests.support.transport import before


class World:
    """Keys over a table, a process that checks them, and how often the table was read."""

    def __init__(self, client: Any, table_name: str) -> None:
        self.reads = 0
        before(client, self._count, "GetItem")
        self.clock = FakeClock()
        self.store = ApiKeyStore(Table(client, table_name), self.clock)
        self.keys = ApiKeys(self.store, self.clock)
        self.checker = KeyChecker(self.store, self.clock)

    def _count(self, _: Request) -> None:
        self.reads += 1

    def issue(self, **fields: Any) -> IssuedKey:
        body = {"tenant": "acme", "name": "n", "scopes": ["chat"], **fields}
        return self.keys.create(validated(NewApiKey, body))

    def ask(self, key: str) -> Caller:
        return self.checker.caller(key)

    def refusal(self, key: str) -> tuple[str, dict[str, Any], dict[str, str]]:
        with pytest.raises(Unauthorized) as caught:
            self.ask(key)
        return caught.value.message, caught.value.details, caught.value.headers


@pytest.fixture
def world(client: Any, table_name: str) -> World:
    return World(client, table_name)


def test_a_key_names_its_caller(world: World) -> None:
    issued = world.issue(scopes=["chat", "agents:read"], models=["openai:*"])
    assert id_of_key(issued.key) == issued.key_id
    expected = Caller("acme", issued.key_id, "n", frozenset({"chat", "agents:read"}), ("openai:*",))
    assert world.ask(issued.key) == expected


@pytest.mark.parametrize(
    "key", [None, "", "agos_", "sk-0123456789", "agos_" + "0" * 66, pytest.param(new_key()[:-1], id="cut off")]
)
def test_what_is_no_key_is_refused_without_a_read(world: World, key: str | None) -> None:
    with pytest.raises(Unauthorized):
        world.checker.caller(key)
    assert world.reads == 0


def test_every_refusal_is_in_the_same_words(world: World) -> None:
    expired = world.issue(expiresAt=timestamp(START + 10)).key
    revoked = world.issue()
    world.keys.revoke(revoked.key_id)
    wrong_secret = f"agos_{revoked.key_id}_{'0' * 49}"
    world.clock.advance(10)
    refusals = [world.refusal(key) for key in (expired, revoked.key, new_key(), revoked.key[:-1], wrong_secret, "x")]
    assert all(refusal == refusals[0] for refusal in refusals)
    assert refusals[0][1] == {}


def test_a_key_is_read_once_a_minute(world: World) -> None:
    key = world.issue().key
    for _ in range(3):
        world.ask(key)
    assert world.reads == 1
    world.clock.advance(CHECK_SECONDS)
    world.ask(key)
    assert world.reads == 2


def test_a_revoked_key_works_for_a_minute_at_most(world: World) -> None:
    issued = world.issue()
    world.ask(issued.key)
    world.keys.revoke(issued.key_id)
    world.clock.advance(CHECK_SECONDS - 1)
    world.ask(issued.key)
    world.clock.advance(1)
    world.refusal(issued.key)


def test_a_key_expires_on_time_though_it_was_checked_before(world: World) -> None:
    key = world.issue(expiresAt=timestamp(START + 10)).key
    world.ask(key)
    world.clock.advance(10)
    world.refusal(key)


def test_a_wrong_secret_takes_as_many_reads_whether_its_id_exists_or_not(world: World) -> None:
    """Also where the right key was checked a moment ago: the time of a refusal tells nothing of which ids exist."""
    issued = world.issue()
    world.ask(issued.key)
    known = _resealed(issued.key_id)
    unknown = new_key()
    for key in (known, unknown):
        before = world.reads
        world.refusal(key)
        world.refusal(key)
        assert world.reads - before == 1


def test_guesses_displace_no_key(client: Any, table_name: str) -> None:
    MemoryTable(client)  # for more than a thousand reads
    world = World(client, table_name)
    key = world.issue().key
    world.ask(key)
    for _ in range(MAX_CHECKED + 1):
        world.refusal(new_key())
    before = world.reads
    world.ask(key)
    assert world.reads == before


def test_a_time_that_has_passed_is_refused(world: World) -> None:
    with pytest.raises(InvalidRequest):
        world.issue(expiresAt=timestamp(START))


@pytest.mark.parametrize(
    "fields",
    [
        {"tenant": "A"}, {"tenant": ""}, {"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"models": []},
        {"models": ["openai"]}, {"expiresAt": "tomorrow"}, {"expiresAt": "2027-01-01T00:00:00"},
        {"expiresAt": "0001-01-01T00:00:00+23:59"}, {"expiresAt": 5}, {"keyId": "mine"},
    ],
)  # fmt: skip
def test_what_is_no_request_for_a_key_names_its_field(world: World, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        world.issue(**fields)
    assert caught.value.details["errors"][0]["field"].startswith(next(iter(fields)))


def test_a_list_of_keys_has_no_secret(world: World) -> None:
    issued = world.issue()
    (listed,) = world.keys.page(20, None, None).data
    assert listed.to_json() == {name: value for name, value in issued.to_json().items() if name != "key"}


def test_no_log_line_has_a_key() -> None:
    key = new_key()
    assert redact(f'{{"header": "Bearer {key}"}}') == '{"header": "Bearer ***"}'


def _resealed(key_id: str) -> str:
    """Another secret under that id, with its right checksum."""
    body = f"agos_{key_id}_{'7' * 43}"
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    assert id_of_key(body + digits) == key_id
    return body + digits
