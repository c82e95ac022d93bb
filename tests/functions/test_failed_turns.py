"""A failed turn has its own status and code, shows its attempts, and changes nothing in the session."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from agentos.api import request
from tests.functions.conftest import GEMINI_KEY, OPENAI_KEY, Providers, chat
from tests.support.clock import FakeClock
from tests.support.gateway import Context, event, invoke
from tests.support.logs import captured
from tests.support.upstream import Reply, answer, refusal

BLOCKED = answer("")
BLOCKED.body["choices"][0]["finish_reason"] = "content_filter"

Break = Callable[[Providers], None]
Configure = Callable[[str], None]


def everything_broken(providers: Providers) -> None:
    providers.openai.default = refusal(401)
    providers.gemini.default = Reply({"error": {"code": 404, "status": "NOT_FOUND"}}, 404)


def blocked(providers: Providers) -> None:
    providers.openai.default = BLOCKED


def rejected(providers: Providers) -> None:
    providers.openai.default = refusal(422)
    providers.gemini.default = Reply({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no"}}, 400)


def too_long(providers: Providers) -> None:
    providers.openai.default = refusal(400, "context_length_exceeded")
    message = "The input token count exceeds the maximum number of tokens allowed (1)."
    providers.gemini.default = Reply({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": message}}, 400)


def no_keys(providers: Providers) -> None:
    providers.set("OPENAI_API_KEY", None)
    providers.set("GEMINI_API_KEY", None)


OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"

FAILURES: dict[str, tuple[Break, int, list[tuple[str, str, int | None]]]] = {
    "upstream_failed": (everything_broken, 502, [(OPENAI, "auth", 401), (GEMINI, "model_not_found", 404)]),
    "content_filtered": (blocked, 422, [(OPENAI, "content_filter", 200)]),
    "provider_rejected": (rejected, 400, [(OPENAI, "rejected", 422), (GEMINI, "rejected", 400)]),
    "context_length_exceeded": (too_long, 400, [(OPENAI, "context_length", 400), (GEMINI, "context_length", 400)]),
    "no_provider_available": (no_keys, 503, []),
}


@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_has_its_status_its_code_and_its_attempts(api: Any, providers: Providers, code: str) -> None:
    break_it, status, attempts = FAILURES[code]
    talk = chat(api)
    break_it(providers)

    failed = talk.say()

    assert (failed.status, failed.json["code"]) == (status, code)
    assert set(failed.json) == {"code", "message", "details", "requestId"}
    details = failed.json["details"]
    assert [(one["model"], one["outcome"], one["status"]) for one in details["attempts"]] == attempts
    assert failed.headers["x-agentos-attempts"] == str(len(attempts))
    if code == "no_provider_available":
        assert {one["model"] for one in details["skipped"]} == {OPENAI, GEMINI, "local:smollm2"}


@pytest.mark.parametrize("code", FAILURES)
def test_a_failed_turn_leaves_session_and_history_as_they_were(api: Any, providers: Providers, code: str) -> None:
    talk = chat(api)
    talk.say("kept")
    session, messages = talk.session(), talk.messages()
    script = providers.openai.default, providers.gemini.default
    FAILURES[code][0](providers)

    assert talk.say("lost").status >= 400

    assert talk.session() == session
    assert session["state"] == "idle"
    assert talk.messages() == messages

    providers.openai.default, providers.gemini.default = script
    providers.set("OPENAI_API_KEY", OPENAI_KEY)
    again = talk.say("again")
    assert again.status == 200
    assert [message["content"] for message in providers.openai.requests[-1]["messages"]] == [
        "kept",
        "Hello from upstream.",
        "again",
    ]


def test_an_agent_may_ask_to_fall_back_after_a_block(api: Any, providers: Providers) -> None:
    talk = chat(api, fallbackOn=["content_filter"])
    blocked(providers)
    assert talk.say().json["model"] == GEMINI


def test_a_rejection_falls_back_by_itself(api: Any, providers: Providers) -> None:
    talk = chat(api)
    providers.openai.default = Reply({"error": {"message": "no"}}, 422)
    reply = talk.say().json
    assert [(one["model"], one["outcome"]) for one in reply["route"]["attempts"]] == [
        (OPENAI, "rejected"),
        (GEMINI, "ok"),
    ]


def test_without_any_time_left_a_turn_is_a_504_without_a_call(api: Any, providers: Providers) -> None:
    talk = chat(api)
    late = invoke("send_message", event({"content": "Hello"}, talk.path), Context(seconds=2.1))
    assert (late.status, late.json["code"]) == (504, "deadline_exceeded")
    assert late.json["details"]["attempts"] == []
    assert providers.openai.requests == []
    assert (talk.session()["state"], talk.messages()) == ("idle", [])


def test_a_primary_that_hangs_until_too_little_is_left_is_a_504_with_its_attempt(
    api: Any, providers: Providers, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, release = FakeClock(), threading.Event()
    monkeypatch.setattr(request, "Clock", lambda: clock)
    configure("providers: {openai: {timeoutSeconds: 2}}")

    def hang() -> None:
        clock.advance(9.6)  # an attempt needs half a second
        release.wait()

    providers.openai.default = Reply({}, before=hang)
    talk = chat(api, timeoutSeconds=10)
    try:
        late = talk.say()
    finally:
        release.set()
    assert (late.status, late.json["code"]) == (504, "deadline_exceeded")
    assert [(one["outcome"], one["status"]) for one in late.json["details"]["attempts"]] == [("timeout", None)]
    assert providers.gemini.requests == []
    assert (talk.session()["state"], talk.messages()) == ("idle", [])


def test_a_primary_that_hangs_leaves_time_for_the_fallback(api: Any, providers: Providers) -> None:
    release = threading.Event()
    providers.openai.default = Reply({}, before=release.wait)
    try:
        said = chat(api, timeoutSeconds=4).say()
    finally:
        release.set()
    assert [one["outcome"] for one in said.json["route"]["attempts"]] == ["timeout", "ok"]


SECRET_TEXT = "upstream-says-0123456789"


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 422, 429, 500])
def test_neither_a_key_nor_a_providers_text_is_shown(api: Any, providers: Providers, status: int) -> None:
    """Neither in a response nor, for keys, in a log line."""
    words = f"{SECRET_TEXT} bad key {OPENAI_KEY} {GEMINI_KEY}"
    error = {"message": words, "code": words, "type": words, "status": words, "details": [{"reason": words}]}
    providers.openai.default = Reply({"error": error}, status, {"x-error": OPENAI_KEY, "retry-after": OPENAI_KEY})
    providers.gemini.default = Reply({"error": error}, status, {"x-error": GEMINI_KEY})
    talk = chat(api)

    with captured() as log:
        failed = talk.say()
        seen = [failed, api("health"), api("providers"), api("get_session", **talk.path)]

    assert failed.status >= 400
    texts = [answer.text + str(answer.headers) for answer in seen]
    for secret in (OPENAI_KEY, GEMINI_KEY, SECRET_TEXT):
        assert secret not in "".join(texts)
        assert secret not in log.getvalue()
    assert log.lines, "a failed call is logged"


def test_a_key_that_is_refused_is_logged_as_an_error(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(401)
    talk = chat(api)
    with captured() as log:
        talk.say()
    (line,) = [line for line in log.lines if line.get("model") == OPENAI]
    assert (line["level"], line["error_class"]) == ("ERROR", "auth")


@pytest.mark.usefixtures("said_keys")
def test_an_answer_that_quotes_a_key_does_not_bring_it_into_the_log(api: Any, providers: Providers) -> None:
    providers.openai.default = answer(f"Your key is {OPENAI_KEY}")
    with captured() as log:
        assert chat(api).say().status == 200
    assert OPENAI_KEY not in log.getvalue()
