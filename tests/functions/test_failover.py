"""A provider disappears, breaks or comes back: the next message of the same session is answered."""

from typing import Any

import pytest

from tests.functions.conftest import GEMINI_KEY, OPENAI_KEY, Providers, chat
from tests.support.upstream import Reply, answer, refusal


def trace(reply: Any) -> list[tuple[str, str, int | None]]:
    return [(one["model"], one["outcome"], one["status"]) for one in reply.json["route"]["attempts"]]


def test_the_primary_answers_while_it_can(api: Any, providers: Providers) -> None:
    reply = chat(api).say()
    assert reply.json["model"] == "openai:gpt-4o-mini"
    assert reply.json["route"]["fallbackUsed"] is False
    assert providers.openai.headers[0]["authorization"] == f"Bearer {OPENAI_KEY}"
    assert providers.openai.requests[0]["model"] == "gpt-4o-mini"
    assert providers.gemini.requests == []


def test_a_removed_key_is_skipped_and_a_restored_one_used_in_the_same_session(api: Any, providers: Providers) -> None:
    talk = chat(api)
    first = talk.say("one")

    providers.set("OPENAI_API_KEY", None)
    second = talk.say("two")
    providers.set("OPENAI_API_KEY", "")
    third = talk.say("three")
    providers.set("OPENAI_API_KEY", OPENAI_KEY)
    fourth = talk.say("four")

    served = [reply.json["route"]["served"] for reply in (first, second, third, fourth)]
    assert served == ["openai:gpt-4o-mini", "gemini:flash-1.5", "gemini:flash-1.5", "openai:gpt-4o-mini"]
    assert {reply.status for reply in (first, second, third, fourth)} == {200}
    assert set(second.json) == set(first.json)
    assert second.json["route"]["skipped"][0] == {
        "model": "openai:gpt-4o-mini",
        "reason": "not_configured: OPENAI_API_KEY is not set",
    }
    assert trace(second) == [("gemini:flash-1.5", "ok", 200)]
    assert talk.session()["messageCount"] == 8
    assert len(providers.openai.requests[-1]["messages"]) == 7


def test_a_broken_primary_is_tried_twice_then_the_fallback_answers(api: Any, providers: Providers) -> None:
    talk = chat(api)
    providers.openai.script = [refusal(500), refusal(503)]

    broken = talk.say("one")
    mended = talk.say("two")

    assert trace(broken) == [
        ("openai:gpt-4o-mini", "server", 500),
        ("openai:gpt-4o-mini", "server", 503),
        ("gemini:flash-1.5", "ok", 200),
    ]
    assert broken.headers["x-agentos-attempts"] == "3"
    assert broken.headers["x-agentos-model"] == "gemini:flash-1.5"
    assert trace(mended) == [("openai:gpt-4o-mini", "ok", 200)]


def test_a_primary_that_fails_once_answers_at_its_second_call(api: Any, providers: Providers) -> None:
    providers.openai.script = [refusal(502)]
    reply = chat(api).say()
    assert trace(reply) == [("openai:gpt-4o-mini", "server", 502), ("openai:gpt-4o-mini", "ok", 200)]
    assert reply.json["route"]["fallbackUsed"] is False


def test_a_stopped_primary_falls_back_and_a_restarted_one_answers(api: Any, providers: Providers) -> None:
    talk = chat(api)
    talk.say("one")

    providers.set("OPENAI_ENDPOINT", "http://127.0.0.1:9/v1")  # no server listens on the discard port
    stopped = talk.say("two")
    providers.set("OPENAI_ENDPOINT", providers.openai.url)
    restarted = talk.say("three")

    assert trace(stopped)[0] == ("openai:gpt-4o-mini", "connect", None)
    assert stopped.json["model"] == "gemini:flash-1.5"
    assert restarted.json["model"] == "openai:gpt-4o-mini"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (refusal(401, "invalid_api_key"), "auth"),
        (refusal(403), "auth"),
        (refusal(402), "quota"),
        (refusal(429, "insufficient_quota"), "quota"),
        (refusal(429, "rate_limit_exceeded"), "rate_limited"),
        (refusal(404, "model_not_found"), "model_not_found"),
        (refusal(400, "model_decommissioned"), "model_not_found"),
        (Reply("<html>Bad gateway</html>"), "bad_response"),
        (Reply(""), "bad_response"),
        (Reply({"choices": []}), "bad_response"),
        (Reply({"error": {"message": "no"}}), "bad_response"),
        (answer(" \n"), "bad_response"),
        (Reply({}, 302, {"location": "http://127.0.0.1:9/"}), "bad_response"),
    ],
)
def test_broken_answers_of_the_primary_lead_to_the_fallback_at_once(
    api: Any, providers: Providers, reply: Reply, outcome: str
) -> None:
    providers.openai.default = reply
    said = chat(api).say()
    assert said.status == 200
    assert trace(said) == [("openai:gpt-4o-mini", outcome, reply.status), ("gemini:flash-1.5", "ok", 200)]


def test_a_prompt_too_long_for_the_primary_goes_to_a_larger_window(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(400, "context_length_exceeded")
    said = chat(api).say()
    assert [outcome for _, outcome, _ in trace(said)] == ["context_length", "ok"]


def test_gemini_is_asked_in_its_own_format(api: Any, providers: Providers) -> None:
    talk = chat(api, instructions="Be brief.", temperature=0.5, maxTokens=99, stop="END")
    talk.say("one")
    providers.set("OPENAI_API_KEY", None)

    reply = talk.say("two")

    assert providers.gemini.headers[0]["x-goog-api-key"] == GEMINI_KEY
    assert "authorization" not in providers.gemini.headers[0]
    assert providers.gemini.requests[0] == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "one"}]},
            {"role": "model", "parts": [{"text": "Hello from upstream."}]},
            {"role": "user", "parts": [{"text": "two"}]},
        ],
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 99, "stopSequences": ["END"]},
    }
    assert (reply.json["usage"]["promptTokens"], reply.json["usage"]["completionTokens"]) == (7, 3)


def test_a_key_of_one_provider_is_never_sent_to_another(api: Any, providers: Providers) -> None:
    talk = chat(api)
    providers.openai.script = [refusal(401)]
    talk.say()
    assert GEMINI_KEY not in str(providers.openai.headers)
    assert OPENAI_KEY not in str(providers.gemini.headers)


def test_the_order_of_fallbacks_is_the_agents(api: Any, providers: Providers, upstream: Any) -> None:
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"fallbackModels": ["local:other", "gemini:flash-1.5"]})
    providers.openai.default = refusal(401)
    upstream.script = [refusal(404)]

    reply = api.say(agent_id, api.session(agent_id))

    assert [model for model, _, _ in trace(reply)] == ["openai:gpt-4o-mini", "local:other", "gemini:flash-1.5"]


def test_a_changed_agent_counts_from_the_next_message(api: Any, providers: Providers) -> None:
    talk = chat(api)
    talk.say()
    api("update_agent", {"model": "gemini:flash-1.5"}, agentId=talk.agent_id)
    assert talk.say().json["model"] == "gemini:flash-1.5"
