"""Turns and completions under budgets, through the real functions."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.api_keys import IssuedKey, NewApiKey
from agentos.domain.callers import Scope
from agentos.kernel.clock import epoch
from tests.functions.conftest import Chat, Providers, chat, gemini_answer
from tests.support.clock import DAY, ShiftedClock, noon
from tests.support.crashes import Death, Died, Moment
from tests.support.gateway import Answer, Client, StreamingContext
from tests.support.logs import captured
from tests.support.sse import events
from tests.support.upstream import CUT, answer, refusal, streamed_reply
from tests.support.wiring import rewire

MODEL = "openai:gpt-4o-mini"
INPUT, OUTPUT = Decimal("0.15") / 10**6, Decimal("0.60") / 10**6
"""USD for a token of that model."""

COST = float(10 * INPUT + 5 * OUTPUT)
"""USD for the upstream's usual answer."""

MOST = 4096 * OUTPUT
"""USD that an answer without maxTokens may cost, its prompt not counted."""


@pytest.fixture(autouse=True)
def clock(clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch) -> ShiftedClock:
    """It is noon at first, so that no period ends during a test, whatever the time of day of the run."""
    at_noon = ShiftedClock(noon())
    monkeypatch.setattr(wiring, "clock", lambda: at_noon)
    return at_noon


def put(api: Client, tenant: str = "default", **terms: Any) -> Any:
    answered = api("put_tenant_budget", {"period": "day", **terms}, tenant=tenant)
    assert answered.status == 200, answered.text
    return answered.json


def read(api: Client, tenant: str = "default") -> Any:
    return api("get_tenant_budget", tenant=tenant).json


def ask(api: Client, **fields: Any) -> Answer:
    """OpenAI's door."""
    context = StreamingContext() if fields.get("stream") else None
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], **fields}
    return api("chat_completions", body, context=context)


def skips(route: Any) -> set[str]:
    """The first words of the reasons for which targets were skipped."""
    return {skip["reason"].partition(":")[0] for skip in route["skipped"]}


@pytest.fixture
def alone(api: Client, providers: Providers) -> Chat:
    """A session of an agent without fallbacks."""
    agent_id = api.agent(model=MODEL)
    return Chat(api, agent_id, api.session(agent_id))


def test_what_a_turn_costs_is_spent(api: Client, alone: Chat) -> None:
    before = put(api, usd=1, tokens=100_000, warnAt=0.5)
    assert before == {
        "scope": "tenant/default",
        "period": "day",
        "limitUsd": 1.0,
        "limitTokens": 100_000,
        "spentUsd": 0.0,
        "spentTokens": 0,
        "reservedUsd": 0.0,
        "reservedTokens": 0,
        "warnAt": 0.5,
        "allowUnpriced": False,
        "resetsAt": before["resetsAt"],
    }
    reply = alone.say().json
    assert reply["usage"]["costUsd"] == COST
    assert read(api) == before | {"spentUsd": COST, "spentTokens": 15}
    assert 0 < epoch(before["resetsAt"]) - wiring.clock().time() <= DAY


def test_an_answer_without_a_bound_gets_one_that_is_noted(api: Client, alone: Chat, providers: Providers) -> None:
    put(api, usd=1)
    (attempt,) = alone.say().json["route"]["attempts"]
    assert providers.openai.requests[-1]["max_completion_tokens"] == 4096
    assert attempt["notes"] == ["maxTokens: 4096 was sent, because a budget applies and none was set"]
    (attempt,) = alone.say(parameters={"maxTokens": 7}).json["route"]["attempts"]
    assert providers.openai.requests[-1]["max_completion_tokens"] == 7
    assert attempt["notes"] == []


@pytest.mark.parametrize(("period", "waits"), [("day", DAY), ("week", 7 * DAY), ("month", 31 * DAY), ("total", None)])
def test_a_turn_that_does_not_fit_is_refused(
    api: Client, alone: Chat, providers: Providers, period: str, waits: int | None
) -> None:
    state = put(api, period=period, usd=0.001)
    refused = alone.say()
    assert (refused.status, refused.json["code"]) == (429, "budget_exceeded")
    assert refused.json["details"].items() >= state.items()
    assert "over_budget" in skips(refused.json["details"])
    if waits is None:
        assert "retry-after" not in refused.headers
        assert state["resetsAt"] is None
    else:
        assert 0 < int(refused.headers["retry-after"]) <= waits
    assert providers.openai.requests == []
    assert read(api) == state
    assert alone.messages() == []
    assert alone.say(parameters={"maxTokens": 5}).status == 200


def test_a_cheaper_target_that_fits_is_asked(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model="gemini:flash-1.5", config={"fallbackModel": MODEL, "maxTokens": 1000})
    talk = Chat(api, agent_id, api.session(agent_id))
    put(api, usd=0.001)  # Gemini may cost 0.0025, OpenAI 0.0006
    reply = talk.say().json
    assert reply["model"] == MODEL
    assert reply["route"]["fallbackUsed"] is True
    assert "over_budget" in skips(reply["route"])
    assert read(api)["spentUsd"] == COST


def test_the_reserve_moves_on_with_a_fallback(api: Client, providers: Providers) -> None:
    put(api, usd=1)
    providers.openai.default = refusal(500)
    providers.gemini.default = gemini_answer("Hello")
    reply = chat(api).say().json
    assert reply["model"] == "gemini:flash-1.5"
    assert read(api)["spentUsd"] == reply["usage"]["costUsd"] > 0
    assert read(api)["reservedUsd"] == 0


def test_a_fallback_that_is_too_dear_is_skipped(api: Client, providers: Providers) -> None:
    put(api, usd=0.003)
    providers.openai.default = refusal(500)
    failed = chat(api).say().json
    assert failed["code"] == "upstream_failed"
    assert "over_budget" in skips(failed["details"])
    assert (read(api)["spentUsd"], read(api)["reservedUsd"]) == (0, 0)


def test_a_model_without_a_price_cannot_be_held_to_usd(
    api: Client, upstream: Any, configure: Callable[[str], None]
) -> None:
    configure("routing: {fallbacks: []}")
    agent_id = api.agent()
    talk = Chat(api, agent_id, api.session(agent_id))
    put(api, usd=1)
    refused = talk.say()
    assert (refused.status, refused.json["code"]) == (402, "unpriced")
    assert "unpriced" in skips(refused.json["details"])
    assert ask(api, model="local:any").json["error"]["code"] == "unpriced"
    put(api, usd=1, allowUnpriced=True, tokens=10_000)
    rewire()  # the process knows the terms for a minute
    assert talk.say().status == 200
    assert (read(api)["spentUsd"], read(api)["spentTokens"]) == (0, 15)


def test_tokens_alone_need_no_price(api: Client, upstream: Any) -> None:
    agent_id = api.agent(config={"maxTokens": 100})
    talk = Chat(api, agent_id, api.session(agent_id))
    put(api, tokens=130)
    assert talk.say().status == 200
    assert talk.say().json["details"]["spentTokens"] == 15


def test_doors_answer_in_their_envelope(api: Client, providers: Providers) -> None:
    put(api, usd=0.001)
    refused = ask(api)
    assert refused.status == 429
    assert refused.json["error"]["code"] == "budget_exceeded"
    assert refused.json["error"]["type"] == "rate_limit_error"
    assert refused.json["agentos"]["details"]["limitUsd"] == 0.001
    assert int(refused.headers["retry-after"]) > 0
    streamed = ask(api, stream=True)
    assert (streamed.status, streamed.json["error"]["code"]) == (429, "budget_exceeded")
    assert ask(api, max_tokens=5).status == 200
    assert read(api)["spentUsd"] == COST


def test_streams_are_counted_also_where_they_break_off(api: Client, alone: Chat, providers: Providers) -> None:
    put(api, usd=1)
    path: dict[str, Any] = alone.path
    providers.openai.script = [streamed_reply("He", "llo"), streamed_reply("beginning", end=(CUT,))]
    whole = api("send_message", {"content": "Hi"}, query={"stream": "true"}, **path)
    assert events(whole.text)[-1].kind == "message.end"
    assert read(api)["spentUsd"] == COST
    broken = api("send_message", {"content": "Hi"}, query={"stream": "true"}, **path)
    assert events(broken.text)[-1].kind == "error"
    (attempt,) = alone.messages()[-1]["route"]["attempts"]
    assert attempt["usage"]["estimated"]
    assert read(api)["spentUsd"] == pytest.approx(COST + attempt["usage"]["costUsd"])
    assert read(api)["reservedUsd"] == 0


def test_a_failed_turn_costs_what_its_provider_counted(api: Client, alone: Chat, providers: Providers) -> None:
    put(api, usd=1)
    withheld = answer("no")
    withheld.body["choices"][0]["finish_reason"] = "content_filter"
    providers.openai.script = [withheld]
    assert alone.say().json["code"] == "content_filtered"
    assert read(api)["spentUsd"] == COST
    assert read(api)["reservedUsd"] == 0


def test_what_a_provider_does_not_count_costs_the_reserve(api: Client, alone: Chat, providers: Providers) -> None:
    put(api, usd=1)
    uncounted = answer("Hello")
    del uncounted.body["usage"]
    providers.openai.script = [uncounted]
    assert alone.say().json["usage"]["costUsd"] is None
    assert read(api)["spentUsd"] > float(MOST)


def test_a_session_has_a_budget_of_its_own(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=MODEL, config={"budgetUsd": 0.0001, "maxTokens": 100})
    talk = Chat(api, agent_id, api.session(agent_id))
    spent = 0.0
    for _ in range(100):
        reply = talk.say()
        if reply.status != 200:
            break
        spent += COST
    assert (reply.status, reply.json["code"]) == (429, "budget_exceeded")
    assert reply.json["details"]["scope"] == f"session/{talk.session_id}"
    assert reply.json["details"]["spentUsd"] == pytest.approx(spent)
    assert "retry-after" not in reply.headers
    assert 0 < spent < 0.0001
    assert Chat(api, agent_id, api.session(agent_id)).say().status == 200


def test_a_session_whose_cost_is_not_known_has_none_to_be_held_to(api: Client, providers: Providers) -> None:
    agent_id = api.agent(model=MODEL, config={"budgetUsd": 1, "maxTokens": 100})
    talk = Chat(api, agent_id, api.session(agent_id))
    uncounted = answer("Hello")
    del uncounted.body["usage"]
    providers.openai.script = [uncounted]
    assert talk.say().status == 200
    assert talk.say().json["code"] == "unpriced"


# Putting, reading, deleting


def test_a_second_put_keeps_what_was_spent(api: Client, alone: Chat) -> None:
    put(api, usd=1)
    alone.say()
    assert put(api, usd=0.001, warnAt=0.9)["spentUsd"] == COST
    assert alone.say().status == 429
    assert put(api, period="month", usd=2)["spentUsd"] == COST
    assert alone.say().status == 200
    assert read(api)["spentUsd"] == 2 * COST


def test_a_deleted_budget_binds_nobody(api: Client, alone: Chat) -> None:
    put(api, usd=0)
    assert alone.say().status == 429
    assert api("delete_tenant_budget", tenant="default").status == 204
    assert alone.say().status == 200
    assert api("get_tenant_budget", tenant="default").json["code"] == "not_found"
    assert api("delete_tenant_budget", tenant="default").status == 404


def test_what_was_spent_earlier_in_the_period_counts(api: Client, alone: Chat, clock: ShiftedClock) -> None:
    clock.shift = -DAY
    alone.say()
    clock.shift = 0
    alone.say()
    alone.say()
    assert put(api, usd=1)["spentUsd"] == 2 * COST
    alone.say()  # this process does not know of the budget yet
    assert read(api)["spentUsd"] == 3 * COST
    rewire()
    alone.say()
    assert read(api)["spentUsd"] == 4 * COST
    clock.shift = 3600
    assert read(api)["spentUsd"] == 4 * COST
    clock.shift = DAY
    assert read(api)["spentUsd"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"period": "day"},
        {"period": "year", "usd": 1},
        {"period": "day", "usd": -1},
        {"period": "day", "usd": "1"},
        {"period": "day", "usd": 0.0000001},
        {"period": "day", "usd": 1e10},
        {"period": "day", "tokens": 1.5},
        {"period": "day", "usd": 1, "warnAt": 2},
        {"period": "day", "usd": 1, "limit": 2},
    ],
)
def test_a_malformed_budget_is_refused(api: Client, body: Any) -> None:
    assert api("put_tenant_budget", body, tenant="default").json["code"] == "invalid_request"
    assert api("get_tenant_budget", tenant="default").status == 404


def test_names_that_nobody_has(api: Client) -> None:
    body = {"period": "day", "usd": 1}
    assert api("put_tenant_budget", body, tenant="No#Body").json["code"] == "invalid_request"
    for key_id in ("none", "0DxJ5uWq7Lk2Zp9a"):
        assert api("put_key_budget", body, keyId=key_id).json["code"] == "not_found"
        assert api("get_key_budget", keyId=key_id).json["code"] == "not_found"
        assert api("delete_key_budget", keyId=key_id).json["code"] == "not_found"


# Keys and scopes


@pytest.fixture
def keyed(api: Client, providers: Providers) -> Client:
    providers.set("AUTH_MODE", "keys")
    return api


def issue(*scopes: Scope, tenant: str = "acme") -> IssuedKey:
    return wiring.api_keys().create(NewApiKey(tenant=tenant, name="test", scopes=scopes))


def bearer(key: IssuedKey) -> dict[str, str]:
    return {"authorization": f"Bearer {key.key}"}


def test_admins_write_budgets_and_others_read_those_of_their_tenant(keyed: Client) -> None:
    admin, mine, other, chatting = (
        issue("admin", tenant="ops"),
        issue("usage"),
        issue("usage", tenant="o"),
        issue("chat"),
    )
    body = {"period": "day", "usd": 1}
    places: dict[str, dict[str, Any]] = {"tenant": {"tenant": "acme"}, "key": {"keyId": mine.key_id}}
    for kind, name in places.items():
        for key in (mine, other, chatting):
            assert keyed(f"put_{kind}_budget", body, headers=bearer(key), **name).status == 403
            assert keyed(f"delete_{kind}_budget", headers=bearer(key), **name).status == 403
        assert keyed(f"put_{kind}_budget", body, headers=bearer(admin), **name).status == 200
        assert keyed(f"get_{kind}_budget", headers=bearer(admin), **name).status == 200
        assert keyed(f"get_{kind}_budget", headers=bearer(mine), **name).json["limitUsd"] == 1
        assert keyed(f"get_{kind}_budget", headers=bearer(other), **name).status == 404
        assert keyed(f"get_{kind}_budget", headers=bearer(chatting), **name).status == 403


def test_a_key_and_its_tenant_have_budgets_side_by_side(keyed: Client) -> None:
    admin, key, other = issue("admin", tenant="ops"), issue("chat"), issue("chat")

    def door(caller: IssuedKey) -> Answer:
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 100}
        return keyed("chat_completions", body, headers=bearer(caller))

    def limit(folder: str, period: str, usd: float, **name: Any) -> None:
        assert keyed(folder, {"period": period, "usd": usd}, headers=bearer(admin), **name).status == 200

    limit("put_key_budget", "day", 0.0001, keyId=key.key_id)
    limit("put_tenant_budget", "month", 1, tenant="acme")
    answered = 0
    while (last := door(key)).status == 200:
        answered += 1
    assert last.json["agentos"]["details"]["scope"] == f"key/{key.key_id}"
    assert door(other).status == 200
    spent = keyed("get_key_budget", headers=bearer(admin), keyId=key.key_id).json
    assert spent["spentUsd"] == pytest.approx(answered * COST)
    both = keyed("get_tenant_budget", headers=bearer(admin), tenant="acme").json
    assert both["spentUsd"] == pytest.approx((answered + 1) * COST)
    assert both["reservedUsd"] == spent["reservedUsd"] == 0

    limit("put_tenant_budget", "month", 0, tenant="acme")
    limit("put_key_budget", "day", 0, keyId=key.key_id)
    rewire()
    assert door(key).json["agentos"]["details"]["scope"] == "tenant/acme"


# Deaths, warnings


@pytest.mark.parametrize("moment", Moment)
def test_a_turn_that_dies_gives_its_reserve_back_or_has_its_cost_counted(
    api: Client, alone: Chat, clock: ShiftedClock, moment: Moment
) -> None:
    state = put(api, usd=1)
    at, done = 0, []
    while True:
        at += 1
        rewire()
        death = Death(wiring.dynamodb(), at, moment)
        try:
            alone.say()
        except Died:
            done = death.requests if moment != Moment.BEFORE else death.requests[:-1]
            state["spentUsd"] += COST if "TransactWriteItems" in done else 0
        else:
            break
        rewire()
        clock.shift += 16
        assert read(api)["spentUsd"] == pytest.approx(state["spentUsd"])
        assert read(api)["reservedUsd"] == 0
    assert done.index("UpdateItem", done.index("TransactWriteItems"))  # the settlement follows the commit
    assert state["spentUsd"] > 0


def test_passing_the_share_to_warn_at_is_told_once(api: Client, alone: Chat) -> None:
    put(api, usd=0.01, warnAt=0.001)
    with captured() as log:
        for _ in range(5):
            alone.say(parameters={"maxTokens": 10})
        rewire()
        alone.say(parameters={"maxTokens": 10})
    (warning,) = [line for line in log.lines if line.get("message") == "a budget's warnAt was passed"]
    assert warning["budget"]["scope"] == "tenant/default"
