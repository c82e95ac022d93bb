"""A message whose answer is streamed: its events, what is stored, and what happens when it breaks."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Chat, Providers, chat
from tests.support.gateway import Answer, StreamingContext
from tests.support.sse import Event, events, text_of
from tests.support.upstream import CUT, Reply, answer, chunk, refusal, streamed_reply

STREAM = {"stream": "true"}
Stored = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def talk(api: Any, providers: Providers) -> Chat:
    return chat(api)


def streamed(talk: Chat, content: Any = "Hello", key: str | None = None, **options: Any) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    headers |= options.pop("headers", {})
    context = options.pop("context", None) or StreamingContext()
    return talk.api(
        "send_message", {"content": content, **options}, query=STREAM, headers=headers, context=context, **talk.path
    )


def kinds(found: list[Event]) -> list[str]:
    return [event.kind for event in found]


# --- the events ---------------------------------------------------------------------------------


def test_an_answer_is_passed_on_as_it_comes(talk: Chat, providers: Providers) -> None:
    context = StreamingContext()
    received: list[int] = []

    def look() -> None:  # before the provider sends more, all that it has sent must have arrived
        first = threading.Event()
        for _ in range(200):
            if len(context.pieces) >= 2:
                break
            first.wait(0.05)
        received.append(len(context.pieces))

    providers.openai.script = [streamed_reply("Hel", look, "lo ", "日本 😀")]
    found = events(streamed(talk, context=context).text)

    assert received == [2]
    assert [event.id for event in found] == [1, 2, 3, 4, 5]
    assert kinds(found) == ["message.start", *["message.delta"] * 3, "message.end"]
    assert [event.data for event in found[1:4]] == [{"delta": "Hel"}, {"delta": "lo "}, {"delta": "日本 😀"}]
    reply = found[-1].data
    assert found[0].data == {
        "messageId": reply["messageId"],
        "role": "assistant",
        "model": "openai:gpt-4o-mini",
        "provider": "openai",
    }
    assert reply["content"] == "Hello 日本 😀"
    assert reply["state"] == "completed"
    assert reply["usage"]["promptTokens"] == 10
    assert reply["usage"]["completionTokens"] == 5
    assert reply["usage"]["costUsd"] > 0


def test_the_last_event_is_the_stored_reply(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("one ", "two")]
    end = events(streamed(talk, "Hello").text)[-1].data

    asked, stored = talk.messages()
    assert asked["content"] == "Hello"
    assert stored == end
    session = talk.session()
    assert session["state"] == "idle"
    assert session["messageCount"] == 2
    assert session["usage"]["totalTokens"] == 15


def test_the_headers_of_a_stream(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [refusal(500), streamed_reply("Hello")]
    reply = streamed(talk, headers={"x-request-id": "mine"})
    assert reply.status == 200
    assert reply.headers == {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-request-id": "mine",
        "x-agentos-model": "openai:gpt-4o-mini",
        "x-agentos-attempts": "2",
    }
    assert len(events(reply.text)[-1].data["route"]["attempts"]) == 2


@pytest.mark.parametrize("in_pieces", [True, False])
def test_a_models_name_in_a_header_is_percent_encoded(api: Any, providers: Providers, in_pieces: bool) -> None:
    """A header holds visible ASCII. Any other character of a model's name is in the body alone."""
    agent_id = api.agent(model="openai:日本/a%b~c")
    talk = Chat(api, agent_id, api.session(agent_id))
    providers.openai.script = [streamed_reply("Hello") if in_pieces else answer("Hello")]
    reply = streamed(talk) if in_pieces else talk.say()
    assert reply.headers["x-agentos-model"] == "openai:%E6%97%A5%E6%9C%AC/a%25b~c"
    assert (events(reply.text)[-1].data if in_pieces else reply.json)["model"] == "openai:日本/a%b~c"


def test_the_provider_is_asked_for_a_stream(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Hello")]
    streamed(talk)
    assert providers.openai.requests[0]["stream"] is True
    talk.say()
    assert "stream" not in providers.openai.requests[1]


@pytest.mark.parametrize(
    ("query", "headers", "in_pieces"),
    [
        ({"stream": "true"}, {}, True),
        ({"stream": "false"}, {"Accept": "text/event-stream"}, False),
        ({}, {"Accept": "text/event-stream"}, True),
        ({}, {"Accept": "application/json, Text/Event-Stream;q=0.9"}, True),
        ({}, {"Accept": "application/json, text/event-streams, */*"}, False),
        ({}, {}, False),
    ],
)
def test_which_requests_get_a_stream(
    talk: Chat, providers: Providers, query: dict[str, str], headers: dict[str, str], in_pieces: bool
) -> None:
    providers.openai.script = [streamed_reply("Hello") if in_pieces else answer("Hello")]
    reply = talk.api("send_message", {"content": "Hi"}, query=query, headers=headers, **talk.path)
    assert (reply.headers["content-type"] == "text/event-stream") is in_pieces
    assert reply.status == 200
    content = events(reply.text)[-1].data["content"] if in_pieces else reply.json["content"]
    assert content == "Hello"


def test_an_environment_that_cannot_stream_sends_the_same_in_one_piece(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("a", "b"), streamed_reply("a", "b")]
    whole = talk.api("send_message", {"content": "Hi"}, query=STREAM, **talk.path)
    pieces = streamed(talk, "Hi")
    assert whole.status == pieces.status
    assert {**whole.headers, "x-request-id": ""} == {**pieces.headers, "x-request-id": ""}
    assert kinds(events(whole.text)) == kinds(events(pieces.text))


@pytest.mark.parametrize(
    ("query", "headers", "field"),
    [
        ({"stream": "yes"}, {}, "stream"),
        ({"stream": ""}, {}, "stream"),
        (STREAM, {"Last-Event-ID": "3"}, "Last-Event-ID"),
        (STREAM, {"Last-Event-ID": "-1", "Idempotency-Key": "k"}, "Last-Event-ID"),
        (STREAM, {"Last-Event-ID": "two", "Idempotency-Key": "k"}, "Last-Event-ID"),
        (STREAM, {"Last-Event-ID": "9" * 400, "Idempotency-Key": "k"}, "Last-Event-ID"),
    ],
)
def test_mistakes_are_plain_errors(
    talk: Chat, stored: Stored, query: dict[str, str], headers: dict[str, str], field: str
) -> None:
    before = stored()
    reply = talk.api("send_message", {"content": "Hi"}, query=query, headers=headers, **talk.path)
    assert (reply.status, reply.json["code"]) == (400, "invalid_request")
    assert reply.json["details"]["errors"][0]["field"] == field
    assert stored() == before


# --- tools --------------------------------------------------------------------------------------


def call_pieces(*calls: tuple[str, str, str]) -> list[bytes]:
    """Each call's arguments in two."""
    pieces = []
    for index, (call_id, name, arguments) in enumerate(calls):
        begin = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        half = len(arguments) // 2
        pieces.append(chunk({"tool_calls": [begin]}))
        parts = [{"index": index, "function": {"arguments": part}} for part in (arguments[:half], arguments[half:])]
        pieces += [chunk({"tool_calls": [part]}) for part in parts]
    return [*pieces, chunk({}, "tool_calls")]


CALLS = (("call_1", "f", '{"a": [1, "é"]}'), ("call_2", "g", "{}"))


@pytest.mark.parametrize("words", [(), ("Let me ", "see.")])
def test_tool_calls_come_whole(talk: Chat, providers: Providers, words: tuple[str, ...]) -> None:
    providers.openai.script = [streamed_reply(*words, end=tuple(call_pieces(*CALLS)))]
    found = events(streamed(talk).text)

    deltas = ["message.delta"] * len(words)
    assert kinds(found) == ["message.start", *deltas, "tool_call.delta", "tool_call.delta", "message.end"]
    assert found[-3].data == {"index": 0, "id": "call_1", "name": "f", "arguments": {"a": [1, "é"]}}
    assert found[-2].data == {"index": 1, "id": "call_2", "name": "g", "arguments": {}}
    assert found[-1].data["state"] == "requires_action"
    assert found[-1].data["content"] == "".join(words)


def test_the_results_of_calls_are_answered_in_a_stream(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [
        streamed_reply("Let me ", "see.", end=tuple(call_pieces(*CALLS))),
        streamed_reply("It ", "rains."),
    ]
    streamed(talk)

    def result(call_id: str, **more: str) -> list[Event]:
        body = {"role": "tool", "toolCallId": call_id, "content": "rain"}
        headers = {"Idempotency-Key": call_id, **more}
        reply = talk.api("send_message", body, query=STREAM, headers=headers, context=StreamingContext(), **talk.path)
        return events(reply.text)

    waiting = result("call_2")
    assert kinds(waiting) == ["message.start", "message.delta", "tool_call.delta", "message.end"]
    assert waiting[2].data["id"] == "call_1"
    assert waiting[-1].data["state"] == "requires_action"
    assert text_of(waiting) == waiting[-1].data["content"] == "Let me see."
    assert result("call_2") == waiting
    assert result("call_2", **{"Last-Event-ID": "2"}) == waiting[2:]
    assert text_of(result("call_1")) == "It rains."
    assert [message["role"] for message in talk.messages()] == ["user", "assistant", "tool", "tool", "assistant"]


# --- before the first text, all is as without a stream --------------------------------------------


def test_a_fallback_answers_as_long_as_nothing_was_sent(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply(end=(CUT,)), streamed_reply(" ", "\n", end=(chunk({}, "stop"),))]
    providers.gemini.script = [gemini_stream("From ", "Gemini.")]
    found = events(streamed(talk).text)

    assert kinds(found) == ["message.start", "message.delta", "message.delta", "message.end"]
    assert found[0].data["model"] == "gemini:flash-1.5"
    outcomes = [attempt["outcome"] for attempt in found[-1].data["route"]["attempts"]]
    assert outcomes[-1] == "ok"
    assert len(outcomes) > 1


def test_half_a_tool_call_still_allows_a_fallback(talk: Chat, providers: Providers) -> None:
    begun = call_pieces(*CALLS)[:2]
    providers.openai.script = [streamed_reply(end=(*begun, CUT)), streamed_reply(end=(*begun, CUT))]
    providers.gemini.script = [gemini_stream("From Gemini.")]
    found = events(streamed(talk).text)
    assert text_of(found) == "From Gemini."
    assert found[-1].data["toolCalls"] == []


def gemini_stream(*pieces: str) -> Reply:
    said = [{"candidates": [{"content": {"role": "model", "parts": [{"text": piece}]}}]} for piece in pieces]
    said[-1]["candidates"][0]["finishReason"] = "STOP"  # type: ignore[index]
    return Reply([f"data: {json.dumps(event)}\n\n".encode() for event in said])


def test_a_failure_before_the_first_text_is_plain_http(talk: Chat, providers: Providers, stored: Stored) -> None:
    providers.openai.default = refusal(500)
    providers.gemini.default = Reply({"error": {"code": 503, "status": "UNAVAILABLE", "message": "No."}}, 503)
    before = stored()
    reply = streamed(talk)
    assert (reply.status, reply.json["code"]) == (502, "upstream_failed")
    assert reply.headers["content-type"] == "application/json"
    assert stored() == before
    assert talk.session()["state"] == "idle"


def test_a_plan_without_targets_is_plain_http(talk: Chat, providers: Providers) -> None:
    providers.set("OPENAI_API_KEY", None)
    providers.set("GEMINI_API_KEY", None)
    reply = streamed(talk)
    assert (reply.status, reply.json["code"]) == (503, "no_provider_available")


# --- after the first text there is no other answer ---------------------------------------------


ENDS = {
    "cut": ((CUT,), "connect"),
    "ended without a reason": ((), "bad_response"),
    "an error among the events": (
        (b'data: {"error": {"message": "No.", "code": 429, "type": "rate_limit_exceeded"}}\n\n',),
        "rate_limited",
    ),
    "broken JSON": ((b"data: {\n\n",), "bad_response"),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_failure_after_the_first_text_ends_in_an_error_event(talk: Chat, providers: Providers, how: str) -> None:
    end, outcome = ENDS[how]
    providers.openai.script = [streamed_reply("Some ", "words", end=end)]
    found = events(streamed(talk).text)

    assert kinds(found) == ["message.start", "message.delta", "message.delta", "error"]
    error = found[-1].data
    assert set(error) == {"code", "message", "details", "requestId"}
    assert error["code"] == "upstream_failed"
    assert [attempt["outcome"] for attempt in error["details"]["attempts"]] == [outcome]
    assert len(providers.openai.requests) == 1
    assert providers.gemini.requests == []


def test_an_answer_that_broke_off_is_stored_and_sent_with_the_history(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some ", "words", end=(CUT,)), answer("Now whole.")]
    found = events(streamed(talk, "One").text)

    asked, kept = talk.messages()
    assert asked["content"] == "One"
    assert kept["messageId"] == found[0].data["messageId"]
    assert (kept["content"], kept["state"], kept["finishReason"]) == ("Some words", "incomplete", "error")
    assert kept["usage"]["estimated"] is True
    assert kept["usage"]["costUsd"] > 0
    assert kept["usage"]["completionTokens"] == 3  # "Some words", by our estimate
    assert [attempt["outcome"] for attempt in kept["route"]["attempts"]] == ["connect"]
    session = talk.session()
    assert (session["state"], session["messageCount"]) == ("idle", 2)

    assert talk.say("Two").json["content"] == "Now whole."
    sent = [(message["role"], message["content"]) for message in providers.openai.requests[-1]["messages"]]
    assert sent == [("user", "One"), ("assistant", "Some words"), ("user", "Two")]


def test_an_answer_that_is_blocked_in_the_middle_says_so(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some words", end=(chunk({}, "content_filter"),))]
    found = events(streamed(talk).text)
    assert found[-1].kind == "error"
    assert found[-1].data["code"] == "content_filtered"
    assert talk.messages()[1]["state"] == "incomplete"


def test_a_break_counts_against_the_targets_health(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some words", end=(CUT,))] * 5
    for _ in range(5):
        streamed(talk)
    providers.gemini.script = [gemini_stream("From Gemini.")]
    found = events(streamed(talk).text)
    assert found[0].data["model"] == "gemini:flash-1.5"
    assert found[-1].data["route"]["skipped"][-1]["reason"].startswith("cooling_down")


def test_a_simulated_failure_falls_back_in_a_stream(
    talk: Chat, providers: Providers, configure: Callable[[str], None]
) -> None:
    configure("routing: {simulation: true}")
    providers.gemini.script = [gemini_stream("From Gemini.")]
    found = events(streamed(talk, headers={"x-agentos-simulate": "openai=server"}).text)
    assert text_of(found) == "From Gemini."


# --- a table that fails after the text was sent -----------------------------------------------------


def test_a_turn_that_cannot_be_stored_ends_in_an_error(talk: Chat, providers: Providers) -> None:
    def delete() -> None:
        assert talk.api("delete_session", **talk.path).status == 204

    providers.openai.script = [streamed_reply("Some ", delete, "words")]
    found = events(streamed(talk).text)
    assert kinds(found)[-1] == "error"
    assert found[-1].data["code"] == "not_found"


# --- repeated, with a key -------------------------------------------------------------------------


def test_a_key_replays_the_same_events(talk: Chat, providers: Providers, stored: Stored) -> None:
    providers.openai.script = [streamed_reply("Some ", "more ", "words")]
    first = streamed(talk, key="k")
    before = stored()

    again = streamed(talk, key="k")
    assert again.text == first.text
    assert again.headers["x-agentos-model"] == "openai:gpt-4o-mini"
    assert stored() == before
    assert len(providers.openai.requests) == 1


@pytest.mark.parametrize("seen", range(8))
def test_a_client_that_reconnects_gets_the_rest(talk: Chat, providers: Providers, seen: int) -> None:
    providers.openai.script = [streamed_reply("日本 ", "😀", "words", end=tuple(call_pieces(*CALLS)))]
    whole = events(streamed(talk, key="k").text)
    assert len(whole) == 7

    rest = events(streamed(talk, key="k", headers={"Last-Event-ID": str(seen)}).text)
    assert rest == (whole[seen:] or whole[-1:])
    assert len(providers.openai.requests) == 1


def test_the_same_key_with_and_without_a_stream(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some ", "words"), answer("Whole.")]

    def plain(key: str, content: str) -> Any:
        return talk.api("send_message", {"content": content}, headers={"Idempotency-Key": key}, **talk.path).json

    first = events(streamed(talk, "One", key="a").text)[-1].data
    assert plain("a", "One") == first
    second = plain("b", "Two")
    found = events(streamed(talk, "Two", key="b").text)
    assert kinds(found) == ["message.start", "message.delta", "message.end"]
    assert found[-1].data == second
    mismatch = streamed(talk, "Three", key="a")
    assert (mismatch.status, mismatch.json["code"]) == (422, "idempotency_mismatch")


def test_a_key_whose_answer_broke_off_runs_again_unless_some_of_it_was_sent(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some ", "words", end=(CUT,)), streamed_reply("All ", "of it")]
    broken = events(streamed(talk, key="k").text)

    rest = events(streamed(talk, key="k", headers={"Last-Event-ID": "2"}).text)
    assert kinds(rest) == ["message.delta", "error"]
    assert [event.id for event in rest] == [3, 4]
    assert {**rest[-1].data, "requestId": ""} == {**broken[-1].data, "requestId": ""}
    last = events(streamed(talk, key="k", headers={"Last-Event-ID": "4"}).text)
    assert kinds(last) == ["error"]
    assert len(providers.openai.requests) == 1

    anew = events(streamed(talk, key="k").text)
    assert text_of(anew) == "All of it"
    assert streamed(talk, key="k", headers={"Last-Event-ID": "4"}).text != ""
    assert events(streamed(talk, key="k").text) == anew
    contents = [message["content"] for message in talk.messages()]
    assert contents == ["Hello", "Some words", "Hello", "All of it"]


def test_a_key_whose_answer_broke_off_runs_again_without_a_stream(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some ", "words", end=(CUT,)), answer("All of it")]
    streamed(talk, key="k")
    reply = talk.api("send_message", {"content": "Hello"}, headers={"Idempotency-Key": "k"}, **talk.path)
    assert reply.json["content"] == "All of it"
    assert reply.json["state"] == "completed"


def test_a_key_without_an_answer_begins_anew(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some ", "words")]
    found = events(streamed(talk, key="k", headers={"Last-Event-ID": "2"}).text)
    assert text_of(found) == "Some words"
    assert [event.id for event in found] == [1, 2, 3, 4]


def test_while_the_first_is_being_answered_the_key_is_in_flight(talk: Chat, providers: Providers) -> None:
    seen: list[tuple[int, str]] = []

    def meanwhile() -> None:
        for key in ("k", "other"):
            reply = streamed(talk, key=key)
            seen.append((reply.status, reply.json["code"]))

    providers.openai.script = [streamed_reply("Some ", meanwhile, "words")]
    assert text_of(events(streamed(talk, key="k").text)) == "Some words"
    assert seen == [(409, "idempotency_in_flight"), (409, "session_busy")]


# --- a client that leaves -------------------------------------------------------------------------


class Deserted(StreamingContext):
    """The client hangs up after the first piece. The host can tell, and says so."""

    def client_gone(self) -> bool:
        return bool(self.pieces)


def test_a_turn_is_stored_though_its_client_leaves(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Some ", "words")]
    streamed(talk, "One", key="k", context=Deserted())

    assert [message["content"] for message in talk.messages()] == ["One", "Some words"]
    assert talk.session()["state"] == "idle"
    rest = events(streamed(talk, "One", key="k", headers={"Last-Event-ID": "1"}).text)
    assert text_of(rest) == "Some words"
    assert rest[-1].data["state"] == "completed"
