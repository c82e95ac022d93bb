"""Records of turns' usage: written once, found by the turn's id alone, spread over a tenant's partitions of a day."""

from decimal import Decimal

from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.kernel.clock import epoch
from agentos.kernel.ids import new_id
from agentos.store import keys
from agentos.store.items import size
from agentos.store.usage import UsageStore
from tests.store.conftest import TENANT, Store
from tests.support.crashes import lose_answer

DAYS = 3660


def a_record(turn_id: str | None = None, **fields: object) -> UsageRecord:
    """Of a turn with two calls, the second of which answered."""
    failed = RecordedAttempt(model="openai:gpt-4o-mini", provider="openai", outcome="rate_limited")
    counted = CountedUsage(
        prompt_tokens=1200,
        completion_tokens=345,
        cached_tokens=1024,
        reasoning_tokens=0,
        cost_usd=Decimal("0.00000012345678901234567890"),
    )
    answered = RecordedAttempt(model="gemini:flash-1.5", provider="gemini", outcome="ok", usage=counted)
    given = {
        "turn_id": turn_id or new_id("turn"),
        "tenant": TENANT,
        "door": "messages",
        "outcome": "completed",
        "attempts": (failed, answered),
        "agent_id": new_id("agent"),
        "session_id": new_id("sess"),
        "user_id": "ann",
        "key_id": "0DxJ5uWq7Lk2Zp9a",
        "fallback": True,
    }
    return UsageRecord.model_validate({**given, **fields})


def usage(store: Store) -> UsageStore:
    return UsageStore(store.table, DAYS)


def test_a_record_is_found_by_its_turns_id_exactly_as_it_was(store: Store) -> None:
    record = a_record()
    usage(store).put(record, store.deadline())
    assert usage(store).find(TENANT, record.turn_id) == record
    assert usage(store).find(TENANT, new_id("turn")) is None
    assert usage(store).find("other", record.turn_id) is None


def test_what_is_not_known_stays_unknown_and_zero_stays_zero(store: Store) -> None:
    unknown = RecordedAttempt(model="a:b", provider="a", outcome="ok", usage=CountedUsage(estimated=True))
    free = RecordedAttempt(
        model="a:c", provider="a", outcome="ok", usage=CountedUsage(prompt_tokens=0, cost_usd=Decimal(0))
    )
    record = a_record(attempts=(unknown, free), agent_id=None, session_id=None, user_id=None, key_id=None)
    usage(store).put(record, store.deadline())
    assert usage(store).find(TENANT, record.turn_id) == record


def test_a_record_is_written_once(store: Store) -> None:
    record = a_record()
    usage(store).put(record, store.deadline())
    usage(store).put(record.model_copy(update={"outcome": "internal"}), store.deadline())
    assert usage(store).find(TENANT, record.turn_id) == record
    lost = a_record()
    lose_answer(store.client, "PutItem")
    usage(store).put(lost, store.deadline())
    assert usage(store).find(TENANT, lost.turn_id) == lost


def test_a_record_has_the_day_of_its_turns_start_and_expires_with_that_day(store: Store) -> None:
    last, first = (new_id("turn", epoch(f"2026-11-2{day}Z")) for day in ("6T23:59:59.999", "7T00:00:00.000"))
    items = [usage(store).item(a_record(turn_id)) for turn_id in (last, first)]
    assert [item["pk"]["S"].split("#")[3] for item in items] == ["2026-11-26", "2026-11-27"]
    assert [int(item["expiresAt"]["N"]) for item in items] == [
        epoch("2026-11-27T00:00:00Z") + DAYS * 86_400,
        epoch("2026-11-28T00:00:00Z") + DAYS * 86_400,
    ]
    assert a_record(last).started_at == "2026-11-26T23:59:59.999Z"


def test_records_of_a_day_are_spread_over_all_partitions() -> None:
    found = [keys.usage(TENANT, new_id("turn", 1_795_348_800))["pk"]["S"] for _ in range(400)]
    counts = [found.count(partition) for partition in set(found)]
    assert len(counts) == keys.USAGE_SHARDS
    assert min(counts) > 20


def test_the_record_of_an_ordinary_turn_takes_one_kilobyte(store: Store) -> None:
    assert size(usage(store).item(a_record())) <= 1024
