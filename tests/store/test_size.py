"""DynamoDB's 400 KB: our count is never lower than DynamoDB's, and hardly higher."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from agentos.kernel.errors import PayloadTooLarge
from agentos.store.items import MAX_ITEM_BYTES, SESSION_SPARE_BYTES, size
from tests.store.conftest import TENANT, Store
from tests.support.backends import MISSING
from tests.support.builders import a_reply, a_session, an_agent
from tests.support.long_text import ASCII, CJK, unpressable
from tests.support.transport import before

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"DynamoDB Local needs {MISSING}")  # never in CI


@pytest.fixture
def dynamodb_endpoint(dynamodb_local_endpoint: str) -> str:
    """Only DynamoDB's own bound counts. moto's is a few kilobytes lower."""
    return dynamodb_local_endpoint


SLACK = 64
"""Bytes by which our count may exceed DynamoDB's."""

ALPHABETS = {"ascii": "x", "cjk": "日", "emoji": "😀"}

FRAMES: dict[str, dict[str, Any]] = {
    "texts": {"body": {"S": ""}},
    "names": {"body": {"S": ""}, "ünïcödé-名前": {"S": "ü"}},
    "numbers": {
        "body": {"S": ""},
        **{f"n{i}": {"N": str(10**i + i)} for i in range(0, 38, 3)},
        "zero": {"N": "0"},
        "round": {"N": "1000000000"},
        "time": {"N": "1795348800000"},
    },
}


def padded(frame: dict[str, Any], letter: str, total: int) -> dict[str, Any]:
    """An item of exactly `total` bytes by our count."""
    item = {"pk": {"S": "size"}, "sk": {"S": "1"}, **frame}
    room = total - size(item)
    width = len(letter.encode())
    item["body"] = {"S": letter * (room // width) + "x" * (room % width)}
    assert size(item) == total
    return item


def accepted(store: Store, item: dict[str, Any]) -> bool:
    """Whether the table itself takes the item."""
    try:
        store.client.call("PutItem", TableName=store.table_name, Item=item)
    except ClientError as error:
        if "size" in error.response["Error"]["Message"]:
            return False
        raise
    return True


@pytest.mark.parametrize("letter", ALPHABETS.values(), ids=ALPHABETS)
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_our_count_is_the_tables_or_a_little_higher(store: Store, frame: dict[str, Any], letter: str) -> None:
    assert accepted(store, padded(frame, letter, MAX_ITEM_BYTES))
    assert not accepted(store, padded(frame, letter, MAX_ITEM_BYTES + SLACK))


def largest(fits: Any, most: int = MAX_ITEM_BYTES) -> int:
    """The largest length for which `fits` does not raise PayloadTooLarge."""
    low, high = 1, most
    while low < high:
        middle = (low + high + 1) // 2
        try:
            fits(middle)
            low = middle
        except PayloadTooLarge:
            high = middle - 1
    return low


@pytest.fixture
def requests(store: Store) -> list[str]:
    """Names of the requests that reached the table."""
    made: list[str] = []
    before(store.client, lambda request: made.append(request.operation))
    return made


@pytest.mark.parametrize("kilobytes", [399, 400, 401, 1400])
@pytest.mark.parametrize("letters", [ASCII, CJK], ids=["ascii", "cjk"])
def test_a_message_over_an_items_bound_is_stored_in_parts_and_returned_exactly(
    store: Store, letters: str, kilobytes: int
) -> None:
    """This holds for question and answer, to the last byte, in pages from either end and as history."""
    text = unpressable(letters, kilobytes * 1024)
    session = store.session(store.agent())
    store.turn(session, "before", a_reply("before"))
    store.turn(session, text, a_reply(text[::-1]))
    store.turn(session, "after", a_reply("after"))

    assert store.contents(session) == ["before", "before", text, text[::-1], "after", "after"]
    history = store.turns.newest(TENANT, store.read(session), 3)
    assert [message.content for message in history] == [text[::-1], "after", "after"]
    parts = [item for item in store.items() if item["sk"]["S"].startswith("PART#")]
    assert len(parts) >= 4 or kilobytes < 1400
    assert all(size(item) <= MAX_ITEM_BYTES for item in store.items())
    store.delete(session)
    assert [item["sk"]["S"] for item in store.items() if "SESSION#" in item["pk"]["S"]] == ["SESSION"]


@pytest.mark.parametrize("letter", ALPHABETS.values(), ids=ALPHABETS)
def test_an_accepted_agent_can_be_changed_and_deleted(store: Store, requests: list[str], letter: str) -> None:
    def create(length: int) -> str:
        return store.agent(config={"instructions": letter * length})

    low = MAX_ITEM_BYTES // len(letter.encode()) - 2000
    longest = low + largest(lambda more: create(low + more), 2000)
    agent_id = create(longest)
    before = len(requests)
    with pytest.raises(PayloadTooLarge):
        create(longest + 1)
    assert len(requests) == before

    agent = store.agents.get(TENANT, agent_id)
    assert agent.config.instructions == letter * longest
    changed = agent.model_copy(update={"version": 2})
    store.agents.replace(TENANT, agent, changed, store.deadline())
    assert store.agents.get(TENANT, agent_id, 1) == agent
    longer = an_agent(agent_id, {"instructions": letter * (longest + 1)}, version=3)
    with pytest.raises(PayloadTooLarge):
        store.agents.replace(TENANT, changed, longer, store.deadline())
    store.agents.delete(TENANT, agent_id, store.deadline())


@pytest.mark.parametrize("letter", ALPHABETS.values(), ids=ALPHABETS)
def test_an_accepted_session_has_room_for_its_turns(store: Store, requests: list[str], letter: str) -> None:
    """A lease, a count and a sum are added to it later. The table must not refuse them."""
    agent_id = store.agent()

    def create(length: int) -> Any:
        fields = {"metadata": {"m": letter * length}, "user_id": "u" * 256, "lifetime": 100}
        session = a_session(agent_id, store.clock, **fields)
        store.sessions.create(TENANT, session, store.deadline())
        return session

    low = (MAX_ITEM_BYTES - SESSION_SPARE_BYTES) // len(letter.encode()) - 2000
    longest = low + largest(lambda more: create(low + more), 2000)
    before = len(requests)
    with pytest.raises(PayloadTooLarge):
        create(longest + 1)
    assert len(requests) == before

    session = create(longest)
    huge = a_reply().usage.model_copy(update={"prompt_tokens": 10**15, "total_tokens": 10**15, "cost_usd": 1 / 3})
    for _ in range(3):
        store.turn(session, reply=a_reply(usage=huge))
    assert store.read(session).message_count == 6
    store.delete(session)
