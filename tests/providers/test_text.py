"""Odd replies: whatever a provider sends becomes clean text, valid counts or a classified failure."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Completion, TokenCount
from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.recordings import Wire, all_cases, model_of, recording
from tests.support.properties import examples

OPENAI, GEMINI = "openai:gpt-4o-mini", "gemini:flash-1.5"
NOTHING = TokenCount()


def openai_reply(content: Any = "Hello.", finish_reason: Any = "stop", usage: Any = None, **message: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}}
    return json.dumps({"choices": [{**choice, "finish_reason": finish_reason}], "usage": usage}).encode()


def gemini_reply(parts: Any, finish_reason: Any = "STOP", usage: Any = None) -> bytes:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish_reason}
    return json.dumps({"candidates": [candidate], "usageMetadata": usage}).encode()


def answered(wire: Wire, model: str, body: bytes) -> Completion:
    wire.reply(body)
    return wire.ask(model)


def refused(wire: Wire, model: str, body: bytes, status: int = 200) -> ErrorClass:
    wire.reply(body, status)
    with pytest.raises(UpstreamError) as caught:
        wire.ask(model)
    assert caught.value.status == status
    return caught.value.error_class


# --- text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "text"), [
    (rb"half a smile \ud83d", "half a smile \ufffd"),
    (rb"\ude42 the other half", "\ufffd the other half"),
    (rb"whole \ud83d\ude42", "whole \U0001f642"),
    (rb"wrong way round \ude42\ud83d", "wrong way round \ufffd\ufffd"),
    (b"raw \xed\xa0\xbd bytes", "raw \ufffd bytes"),
    (rb"nul \u0000 stays", "nul \x00 stays"),
])  # fmt: skip
def test_a_lone_surrogate_becomes_the_replacement_character(sent: bytes, text: str, wire: Wire) -> None:
    marker = b"MARKER"
    for model, body in (
        (OPENAI, openai_reply("MARKER")),
        (OPENAI, openai_reply([{"type": "text", "text": "MARKER"}])),
        (GEMINI, gemini_reply([{"text": "MARKER"}])),
    ):
        completion = answered(wire, model, body.replace(marker, sent))
        assert completion.text == text
        completion.text.encode()


def test_a_lone_surrogate_in_a_finish_reason_is_cleaned_too(wire: Wire) -> None:
    assert answered(wire, OPENAI, openai_reply(finish_reason="odd\ud83d")).finish_reason == "odd\ufffd"
    assert answered(wire, GEMINI, gemini_reply([{"text": "x"}], "ODD\ud83d")).finish_reason == "ODD\ufffd"


@pytest.mark.parametrize("sent", ["  spaces and\r\n lines \t", "\u202eright to left", "é vs e\u0301", "<b>&amp;</b>"])
def test_text_is_passed_on_as_it_came(sent: str, wire: Wire) -> None:
    assert answered(wire, OPENAI, openai_reply(sent)).text == sent
    assert answered(wire, GEMINI, gemini_reply([{"text": sent}])).text == sent


def test_a_list_of_parts_is_joined_and_reasoning_left_out(wire: Wire) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "A"}]
    parts += [{"type": "reference", "reference_ids": [1]}, {"type": "text", "text": "B"}]
    assert answered(wire, OPENAI, openai_reply(parts)).text == "AB"
    thought = [{"text": "Hm.", "thought": True}, {"text": "A"}, {"inlineData": {}}, {"text": "B"}]
    assert answered(wire, GEMINI, gemini_reply(thought)).text == "AB"


@pytest.mark.parametrize("content", [None, "", " \n", [], [{"type": "text", "text": ""}], 5, {"text": "x"}, ["x"]])
def test_no_text_is_no_answer(content: Any, wire: Wire) -> None:
    assert refused(wire, OPENAI, openai_reply(content)) is ErrorClass.BAD_RESPONSE


@pytest.mark.parametrize("parts", [None, [], [{}], [{"text": ""}], [{"text": " "}], [{"text": "x", "thought": True}]])
def test_no_text_is_no_answer_from_gemini(parts: Any, wire: Wire) -> None:
    assert refused(wire, GEMINI, gemini_reply(parts)) is ErrorClass.BAD_RESPONSE


# --- whether it is an answer at all -----------------------------------------------------------


@pytest.mark.parametrize(("reason", "expected"), [
    ("stop", "stop"), ("length", "length"), (None, "stop"), ("", "stop"), ("eos", "stop"),
    ("tool_calls", "stop"), ("function_call", "stop"), ("model_length", "length"), ("something_new", "something_new"),
])  # fmt: skip
def test_an_unknown_finish_reason_is_kept(reason: str | None, expected: str, wire: Wire) -> None:
    assert answered(wire, OPENAI, openai_reply(finish_reason=reason)).finish_reason == expected


@pytest.mark.parametrize(("reason", "expected"), [
    ("STOP", "stop"), ("MAX_TOKENS", "length"), (None, "stop"), ("OTHER", "OTHER"), ("SOMETHING_NEW", "SOMETHING_NEW"),
])  # fmt: skip
def test_an_unknown_finish_reason_of_gemini_is_kept(reason: str | None, expected: str, wire: Wire) -> None:
    assert answered(wire, GEMINI, gemini_reply([{"text": "x"}], reason)).finish_reason == expected


@pytest.mark.parametrize("content", [None, "", " ", "First, "])
def test_a_models_own_refusal_is_an_answer(content: str | None, wire: Wire) -> None:
    completion = answered(wire, OPENAI, openai_reply(content, refusal="I cannot help."))
    said = (content or "").strip() and content
    assert (completion.text, completion.refusal, completion.finish_reason) == (said, "I cannot help.", "refusal")


@pytest.mark.parametrize("refusal", [None, "", " ", 5, ["No."]])
def test_what_says_nothing_is_no_refusal(refusal: object, wire: Wire) -> None:
    completion = answered(wire, OPENAI, openai_reply("Hello.", refusal=refusal))
    assert (completion.text, completion.refusal, completion.finish_reason) == ("Hello.", "", "stop")


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b"5", b'"text"', b"{}", b"{", b"<html><body>Sign in</body></html>", b"\xff\xfe\x00",
    b'{"choices": []}', b'{"choices": null}', b'{"choices": [null]}', b'{"choices": [{}]}', b'{"choices": {"0": 1}}',
    b'{"choices": "text"}', b'{"choices": [{"message": null}]}', b'{"choices": [{"message": "Hello."}]}',
    b'{"choices": [{"message": {"content": "x"}, "finish_reason": ["stop"]}]}',
    b'{"error": {"message": "no", "code": 500}, "choices": [{"message": {"content": "x"}}]}', b'{"error": "no"}',
    b'{"candidates": []}', b'{"candidates": [{}]}', b'{"candidates": [5]}', b'{"candidates": [{"content": "x"}]}',
    b'{"candidates": [{"content": {"parts": "x"}}]}', b'{"promptFeedback": {}}', b"[" * 100_000,
    b'{"choices": [' + b"[" * 100_000, b'{"n": ' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_a_200_that_is_no_answer_is_a_bad_response(body: bytes, wire: Wire) -> None:
    for model in (OPENAI, GEMINI):
        assert refused(wire, model, body) is ErrorClass.BAD_RESPONSE


@pytest.mark.parametrize(("status", "error_class"), [
    (301, ErrorClass.BAD_RESPONSE), (302, ErrorClass.BAD_RESPONSE), (307, ErrorClass.BAD_RESPONSE),
    (400, ErrorClass.REJECTED), (401, ErrorClass.AUTH), (402, ErrorClass.QUOTA), (403, ErrorClass.AUTH),
    (404, ErrorClass.MODEL_NOT_FOUND), (408, ErrorClass.SERVER), (409, ErrorClass.SERVER),
    (410, ErrorClass.MODEL_NOT_FOUND), (413, ErrorClass.REJECTED), (422, ErrorClass.REJECTED),
    (429, ErrorClass.RATE_LIMITED), (500, ErrorClass.SERVER), (502, ErrorClass.SERVER), (504, ErrorClass.SERVER),
    (520, ErrorClass.SERVER), (529, ErrorClass.RATE_LIMITED),
])  # fmt: skip
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"{}", b'{"error": null}', b'{"error": []}'])
def test_the_status_decides_where_the_body_says_nothing(
    status: int, error_class: ErrorClass, body: bytes, wire: Wire
) -> None:
    for model in (OPENAI, GEMINI):
        assert refused(wire, model, body, status) is error_class


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_stays_one_whatever_code_it_names(status: int, wire: Wire) -> None:
    for body in (b'{"error": {"code": "model_not_found"}}', b'{"error": {"status": "FAILED_PRECONDITION"}}'):
        for model in (OPENAI, GEMINI):
            assert refused(wire, model, body, status) is ErrorClass.SERVER


# --- usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", [
    None, {}, [], "many", 5, {"prompt_tokens": None}, {"prompt_tokens": -1, "completion_tokens": -5},
    {"prompt_tokens": "a lot"}, {"prompt_tokens": 1.5}, {"prompt_tokens": True}, {"prompt_tokens": 10**400},
    {"prompt_tokens": 0, "completion_tokens": 0}, {"promptTokenCount": 0, "candidatesTokenCount": 0},
    {"prompt_tokens_details": 5}, {"prompt_tokens_details": {"cached_tokens": -3}}, {"completion_tokens_details": []},
    {"promptTokenCount": -1, "candidatesTokenCount": "?", "thoughtsTokenCount": [], "cachedContentTokenCount": None},
])  # fmt: skip
def test_absent_or_absurd_usage_is_unknown_and_fails_no_answer(usage: Any, wire: Wire) -> None:
    assert answered(wire, OPENAI, openai_reply(usage=usage)).tokens == NOTHING
    assert answered(wire, GEMINI, gemini_reply([{"text": "x"}], usage=usage)).tokens == NOTHING


@pytest.mark.parametrize("count", [12, 12.0, "12", " 12 ", "12.0", "1.2e1"])
def test_floats_and_numeric_strings_of_whole_value_are_counts(count: Any, wire: Wire) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": count}
    tokens = answered(wire, OPENAI, openai_reply(usage=usage)).tokens
    assert (tokens.prompt, tokens.completion) == (12, 12)


@pytest.mark.parametrize(("usage", "cost"), [
    ({"cost": 0.0123}, "0.0123"),
    ({"cost": 0.0005, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.01}}, "0.0105"),
    ({"cost": 0.01, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.01}}, "0.01"),
    ({"cost": 0.01, "cost_details": {"upstream_inference_cost": None}}, "0.01"),
    ({"cost": 0}, "0"),
    ({"cost": "unknown"}, None), ({"cost": {"total": 1}}, None), ({"cost": -1}, None), ({}, None),
])  # fmt: skip
def test_a_cost_that_the_answer_names_is_read(usage: dict[str, Any], cost: str | None, wire: Wire) -> None:
    counts = {"prompt_tokens": 10, "completion_tokens": 5, **usage}
    tokens = answered(wire, OPENAI, openai_reply(usage=counts)).tokens
    assert tokens.cost == (None if cost is None else Decimal(cost))


@pytest.mark.parametrize(("usage", "completion"), [
    ({"completion_tokens": 300, "total_tokens": 310, "completion_tokens_details": {"reasoning_tokens": 256}}, 300),
    ({"completion_tokens": 300, "total_tokens": 566, "completion_tokens_details": {"reasoning_tokens": 256}}, 556),
    ({"completion_tokens": 300, "total_tokens": 999, "completion_tokens_details": {"reasoning_tokens": 256}}, 300),
    ({"completion_tokens": 300, "completion_tokens_details": {"reasoning_tokens": 256}}, 300),
])  # fmt: skip
def test_reasoning_is_counted_once(usage: dict[str, Any], completion: int, wire: Wire) -> None:
    assert answered(wire, OPENAI, openai_reply(usage={"prompt_tokens": 10, **usage})).tokens.completion == completion


# --- anything at all --------------------------------------------------------------------------

VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value within a value, itself included."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def with_other(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with another value in one place."""
    if not path:
        return other
    changed = value.copy()
    changed[path[0]] = with_other(value[path[0]], path[1:], other)
    return changed


@examples(200)
@given(data=st.data())
def test_a_recorded_reply_with_anything_in_any_place_stays_an_answer_or_a_classified_failure(
    data: st.DataObject, shared_wire: Wire
) -> None:
    case = data.draw(st.sampled_from(all_cases()))
    recorded = recording(case)
    place = data.draw(st.sampled_from(list(places(recorded.body))))
    body = json.dumps(with_other(recorded.body, place, data.draw(JSON)))
    shared_wire.reply(body.encode(), recorded.status)
    try:
        completion = shared_wire.ask(model_of(case))
    except UpstreamError:
        return
    said = completion.text + completion.refusal
    assert said.strip() or completion.tool_calls or completion.finish_reason == "length"
    assert len({call.id for call in completion.tool_calls}) == len(completion.tool_calls)
    completion.model_dump_json()  # this fails for a lone surrogate
