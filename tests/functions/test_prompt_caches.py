"""A session stays with the model that has its prompt in its cache where that is cheaper and no order says otherwise."""

from typing import Any

import pytest

from tests.functions.conftest import Chat, Providers
from tests.support.upstream import Reply, answer

LUNA, MINI = "openai:gpt-6-luna", "openai:gpt-5.4-mini"
LONG = "Be kind. " * 1500
CACHED = {"prompt_tokens": 6000, "prompt_tokens_details": {"cached_tokens": 5000, "cache_write_tokens": 1000}}


def asking(api: Any, use: Any, **config: Any) -> Chat:
    rules = [{"name": "any", "when": {}, "use": use}]
    config = {"instructions": LONG, "routing": {"rules": rules}, **config}
    agent_id = api.agent(model="gemini:flash-1.5", config=config)
    return Chat(api, agent_id, api.session(agent_id))


def counted(text: str, **usage: Any) -> Reply:
    return answer(text, completion_tokens=5, total_tokens=6005, **{**CACHED, **usage})


def weighted(first: str, second: str) -> dict[str, Any]:
    """Nearly always the first."""
    shares = [{"model": first, "weight": 1_000_000}, {"model": second, "weight": 0.000001}]
    return {"strategy": "weighted", "among": shares}


@pytest.fixture
def moved(api: Any, providers: Providers) -> Chat:
    """A session whose last answer came from the dearer model, because the other one failed."""
    talk = asking(api, weighted(LUNA, MINI))
    providers.openai.script = [Reply({"error": {"message": "No.", "code": "x"}}, 404), counted("Hi.")]
    assert talk.say().json["model"] == MINI
    providers.openai.default = counted("Hi.")
    return talk


def test_the_reply_says_what_staying_saved(api: Any, providers: Providers) -> None:
    talk = asking(api, {"strategy": "cheapest", "among": [MINI, "openai:gpt-6.1-sol"]})
    providers.openai.default = counted("Hi.")
    first = talk.say().json
    assert first["model"] == MINI
    assert "cache" not in first["route"]
    second = talk.say().json
    assert second["route"]["cache"]["model"] == MINI
    assert second["route"]["cache"]["cachedTokens"] >= 3000
    assert second["route"]["cache"]["savedUsd"] > 0
    assert [message["route"].get("cache") for message in talk.messages() if message["role"] == "assistant"] == [
        None, second["route"]["cache"],
    ]  # fmt: skip


def test_a_dearer_model_does_not_keep_a_session_by_its_cache(moved: Chat) -> None:
    """A whole prompt costs less at the cheaper one than the cached one does."""
    reply = moved.say().json
    assert (reply["model"], reply["route"].get("cache")) == (LUNA, None)


def test_an_explicit_order_is_kept(api: Any, providers: Providers) -> None:
    talk = asking(api, [MINI, LUNA])
    providers.openai.default = counted("Hi.")
    assert [talk.say().json["route"].get("cache") for _ in range(2)] == [None, None]


def test_without_prompt_caches_nothing_is_expected_of_them(api: Any, providers: Providers) -> None:
    talk = asking(api, {"strategy": "cheapest", "among": [MINI, "openai:gpt-6.1-sol"]}, promptCache="off")
    providers.openai.default = counted("Hi.")
    assert [talk.say().json["route"].get("cache") for _ in range(2)] == [None, None]
    assert not any("prompt_cache_key" in request for request in providers.openai.requests)


def test_the_requests_of_a_session_have_one_key_and_other_sessions_another(api: Any, providers: Providers) -> None:
    talk, other = asking(api, MINI), asking(api, MINI)
    for one in (talk, talk, other):
        one.say()
    keys = [request["prompt_cache_key"] for request in providers.openai.requests]
    assert keys[0] == keys[1] != keys[2]
    assert talk.session_id not in str(keys)


def test_an_explained_route_says_what_staying_saves(api: Any, providers: Providers) -> None:
    talk = asking(api, {"strategy": "cheapest", "among": [MINI, "openai:gpt-6.1-sol"]})
    providers.openai.default = counted("Hi.")
    talk.say()
    plan = api("explain_route", {"content": "Hi", "sessionId": talk.session_id}, agentId=talk.agent_id)
    assert plan.json["cache"]["model"] == MINI, plan.json


@pytest.mark.parametrize("door", ["chat_completions", "create_response"])
def test_a_clients_own_key_goes_on_as_a_hash(api: Any, providers: Providers, door: str) -> None:
    said = {"messages": [{"role": "user", "content": "Hi"}]} if door == "chat_completions" else {"input": "Hi"}
    for key in ("mine", "mine", "another"):
        body = {"model": "openai:gpt-4o-mini", "prompt_cache_key": key, "store": False, **said}
        assert api(door, body).status == 200
    first, again, other = [request["prompt_cache_key"] for request in providers.openai.requests]
    assert first == again != other
    assert "mine" not in first
