"""`GET /usage`: groups, whole days and parts of days, who may ask, CSV, and what is refused."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.domain.usage_sums import UsageReport
from agentos.kernel.clock import Clock, Deadline, epoch
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import new_id
from agentos.services.usage_reports import UsageQuery, UsageReports
from tests.functions.test_access import bearer, issue
from tests.support.clock import ShiftedClock
from tests.support.gateway import Answer, Client
from tests.support.wiring import rewire

NUMBERS = (
    "turns", "attempts", "fallbacks", "failed", "promptTokens", "completionTokens", "cachedTokens", "cacheWriteTokens",
    "reasoningTokens", "costUsd", "unpriced", "estimated", "failedAttempts", "timedAttempts", "latencyMs",
)  # fmt: skip
LONG_AGO = {"from": "2026-01-01", "to": "2027-01-01"}


def call(model: str, cost: str | None = "0.1", outcome: str = "ok", **fields: Any) -> RecordedAttempt:
    counted = {"prompt_tokens": 10, "completion_tokens": 5, "cost_usd": None if cost is None else Decimal(cost)}
    usage = CountedUsage.model_validate({**counted, **fields})
    provider = model.partition(":")[0]
    return RecordedAttempt(model=model, provider=provider, outcome=outcome, latency_ms=700, usage=usage)


def used(at: str, *attempts: RecordedAttempt, count: bool = True, **fields: Any) -> None:
    """The table has the record of a turn that began then, and its sums."""
    record = UsageRecord(
        **{
            "turn_id": new_id("turn", epoch(at)),
            "tenant": "default",
            "door": "messages",
            "outcome": "completed",
            "attempts": attempts or (call("openai:gpt-4o-mini"),),
            "agent_id": "agent_1",
            **fields,
        }
    )
    wiring.usage_store().put(record, Deadline.after(5, Clock()))
    if count:
        wiring.usage_totals().count([wiring.usage_store().item(record)], Deadline.after(5, Clock()))


def ask(api: Client, headers: dict[str, str] | None = None, **query: str) -> Answer:
    named = {name.rstrip("_"): value for name, value in query.items()}
    return api("get_usage", query=named, headers=headers)


def rows(answer: Answer, *names: str) -> list[tuple[Any, ...]]:
    assert answer.status == 200, answer.text
    return [tuple(row[name] for name in names) for row in answer.json["data"]]


@pytest.fixture(autouse=True)
def kept_for_long(api: Client, configure: Any) -> None:
    """The records of these tests do not expire soon."""
    configure("limits: {usageRecordDays: 3660}")


@pytest.fixture
def three_days(api: Client) -> Client:
    fallback = call("openai:gpt-4o-mini", "0.2", "content_filter"), call("gemini:flash-1.5", None, reasoning_tokens=3)
    used("2026-11-20T10:00:00Z", user_id="ann", key_id="k1")
    used("2026-11-20T23:59:59.999Z", *fallback, user_id="ben", fallback=True)
    used("2026-11-21T00:00:00Z", call("gemini:flash-1.5", "0.3", "rate_limited", estimated=True), outcome="incomplete")
    used("2026-11-22T12:00:00Z", user_id="ann", agent_id=None)
    return api


def test_a_row_has_its_groups_and_all_numbers(three_days: Client) -> None:
    answer = ask(three_days, **LONG_AGO, groupBy="model")
    gemini, openai = answer.json["data"]
    assert gemini == {
        "model": "gemini:flash-1.5",
        "turns": 2,
        "attempts": 2,
        "fallbacks": 1,
        "failed": 1,
        "promptTokens": 20,
        "completionTokens": 10,
        "cachedTokens": 0,
        "cacheWriteTokens": 0,
        "reasoningTokens": 3,
        "costUsd": 0.3,
        "unpriced": 1,
        "estimated": 1,
        "failedAttempts": 1,
        "timedAttempts": 1,
        "latencyMs": 700,
    }
    assert (openai["turns"], openai["attempts"], openai["costUsd"]) == (2, 3, 0.4)
    assert answer.json["total"] == {
        **{name: gemini[name] + openai[name] for name in NUMBERS},
        "costUsd": 0.7,
    }


def test_a_record_of_an_earlier_version_has_no_time(api: Client) -> None:
    earlier = call("openai:gpt-4o-mini").model_copy(update={"latency_ms": None})
    used("2026-11-20T10:00:00Z", earlier, call("openai:gpt-4o-mini"))
    assert rows(ask(api, **LONG_AGO, groupBy="model"), "attempts", "timedAttempts", "latencyMs") == [(2, 1, 700)]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("day", [("2026-11-20", 2), ("2026-11-21", 1), ("2026-11-22", 1)]),
        ("provider", [("gemini", 2), ("openai", 2)]),
        ("agent", [(None, 1), ("agent_1", 3)]),
        ("key", [(None, 3), ("k1", 1)]),
        ("user", [(None, 1), ("ann", 2), ("ben", 1)]),
        ("agent,user", [(None, "ann", 1), ("agent_1", None, 1), ("agent_1", "ann", 1), ("agent_1", "ben", 1)]),
    ],
)  # fmt: skip
def test_turns_are_grouped(three_days: Client, groups: str, expected: list[Any]) -> None:
    names = [name for name in ("day", "provider", "agent", "key", "user") if name in groups.split(",")]
    found = [row for row in rows(ask(three_days, **LONG_AGO, groupBy=groups), *names, "turns") if row[-1]]
    assert found == expected


def test_parts_of_days_are_exact_to_the_millisecond(three_days: Client) -> None:
    def turns(start: str, end: str) -> Any:
        return ask(three_days, from_=start, to=end).json["total"]["turns"]

    assert turns("2026-11-20T10:00:00Z", "2026-11-20T10:00:00.001Z") == 1
    assert turns("2026-11-20T10:00:00.001Z", "2026-11-20T23:59:59.999Z") == 0
    assert turns("2026-11-20T10:00:00.001Z", "2026-11-21T00:00:00Z") == 1
    assert turns("2026-11-20T12:00:00Z", "2026-11-22T12:00:00Z") == 2
    assert turns("2026-11-20T12:00:00Z", "2026-11-22T12:00:00.001Z") == 3
    assert turns("2026-11-20T11:00:00+01:00", "2026-11-22") == 3
    assert turns("2026-11-20", "2026-11-21") == 2


def test_a_part_of_a_day_needs_no_sums_and_a_whole_one_has_what_was_counted(api: Client) -> None:
    used("2026-11-20T10:00:00Z", count=False)
    assert ask(api, from_="2026-11-20T01:00:00Z", to="2026-11-21").json["total"]["turns"] == 1
    assert ask(api, from_="2026-11-20", to="2026-11-21").json["total"]["turns"] == 0


def test_by_default_the_last_thirty_days_are_told_by_day(api: Client, clock: ShiftedClock) -> None:
    clock.shift = 43_200 - clock.time() % 86_400  # noon, so that no day ends meanwhile
    now = datetime.fromtimestamp(clock.time(), UTC)
    today = now.date()
    used(now.isoformat())
    used(f"{today - timedelta(days=29)}T00:00:00Z")
    used(f"{today - timedelta(days=30)}T23:59:59Z")
    assert rows(ask(api), "day", "turns") == [(str(today - timedelta(days=29)), 1), (str(today), 1)]


def test_where_nothing_was_used_there_are_no_rows(api: Client) -> None:
    answer = ask(api)
    assert answer.json["data"] == []
    assert set(answer.json["total"]) == set(NUMBERS)
    assert not any(answer.json["total"].values())


def test_tenants_see_their_own_and_an_admin_sees_all(api: Client, environment: pytest.MonkeyPatch) -> None:
    used("2026-11-20T10:00:00Z", tenant="acme")
    used("2026-11-20T10:00:00Z", tenant="other")
    used("2026-11-20T10:00:00Z", tenant="other")
    environment.setenv("AUTH_MODE", "keys")
    rewire()
    own, admin, chat = (bearer(issue(scope)) for scope in ("usage", "admin", "chat"))

    def turns(headers: dict[str, str], **query: str) -> Any:
        answer = ask(api, headers, **LONG_AGO, **query)
        return answer.json["total"]["turns"] if answer.status == 200 else (answer.status, answer.json["details"])

    assert turns(own) == turns(own, tenant="acme") == 1
    assert turns(own, tenant="other") == (403, {"scope": "admin"})
    assert turns(admin, tenant="other") == 2
    assert turns(admin) == 1
    assert turns(admin, tenant="nobody") == 0
    assert turns(chat) == (403, {"scope": "usage"})
    assert ask(api, admin, tenant="x#USAGE").status == 400
    assert ask(api).status == 401


@pytest.mark.parametrize(("headers", "query"), [({"accept": "text/csv"}, {}), ({}, {"format": "csv"})])
def test_the_report_as_csv(three_days: Client, headers: dict[str, str], query: dict[str, str]) -> None:
    used("2026-11-20T10:00:00Z", call("a:b", "0.0000001"), user_id='=HYPERLINK("x"), "y"')
    used("2026-11-20T10:00:00Z", call("a:b", "12345678.00000000001"), user_id='=HYPERLINK("x"), "y"')
    answer = ask(three_days, headers, **LONG_AGO, groupBy="user,model", **query)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv")
    assert "x-request-id" in answer.headers
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(lines[0]) == ["model", "user", *NUMBERS]
    assert [(line["model"], line["user"], line["costUsd"]) for line in lines] == [
        ("a:b", """'=HYPERLINK("x"), "y\"""", "12345678.00000010001"),
        ("gemini:flash-1.5", "", "0.3"),
        ("gemini:flash-1.5", "ben", "0"),
        ("openai:gpt-4o-mini", "ann", "0.2"),
        ("openai:gpt-4o-mini", "ben", "0.2"),
    ]


def test_json_wins_where_the_query_says_so(three_days: Client) -> None:
    assert ask(three_days, {"accept": "text/csv"}, format="json", from_="2026-11-20", to="2026-11-23").json["data"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-11-20T10:00:00"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"to": "1969-12-31T23:59:59Z"}, "to"),
        ({"from": "9999-12-31T23:59:59-14:00"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "2026-11-20", "to": "2026-11-20"}, "from"),
        ({"from": "2026-11-21", "to": "2026-11-20"}, "from"),
        ({"groupBy": ""}, "groupBy"),
        ({"groupBy": "model,colour"}, "groupBy"),
        ({"groupBy": "model,model"}, "groupBy"),
        ({"format": "xml"}, "format"),
        ({"tenant": "No Tenant"}, "tenant"),
        ({"since": "2026-11-20"}, "since"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(api: Client, query: dict[str, str], field: str) -> None:
    answer = api("get_usage", query=query)
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert [error["field"] for error in answer.json["details"]["errors"]] == [field]


@pytest.mark.parametrize(
    "query", [{"from": "0001-01-01", "to": "9999-12-31"}, {"from": "1969-01-01", "to": "1970-01-02"}]
)
def test_any_time_can_be_asked_for(three_days: Client, query: dict[str, str]) -> None:
    assert three_days("get_usage", query=query).status == 200


def test_a_report_that_would_be_too_large_says_how_to_narrow_it(three_days: Client) -> None:
    def report(start: str, end: str, *groups: Any, **bounds: int) -> UsageReport:
        reports = UsageReports(wiring.usage_store(), wiring.usage_totals(), Clock(), **bounds)
        return reports.report("default", UsageQuery(round(epoch(start) * 1000), round(epoch(end) * 1000), groups))

    year, part = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), ("2026-11-20T01:00:00Z", "2026-11-22T13:00:00Z")
    assert len(report(*year, "model", max_bytes=1100).data) == 2
    assert report(*part, max_read=4).total.turns == 4
    for refused in (lambda: report(*year, "model", max_bytes=1000), lambda: report(*part, max_read=3)):
        with pytest.raises(InvalidRequest, match="shorter time"):
            refused()
