"""Tool calls as providers send them: decoded to valid calls, flagged, or refused as no answer."""

import json
import re
from typing import Any

import pytest

from agentos.domain import ToolCall
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.providers.tool_calls import MAX_INVALID
from tests.providers.conversations import (
    GEMINI,
    OPENAI,
    answered,
    gemini_call,
    gemini_calls,
    openai_call,
    openai_calls,
)
from tests.providers.recordings import Wire, model_of, recording

GENERATED = re.compile(r"call_[0-9a-f]{24}")
PARIS: dict[str, Any] = {"city": "Paris"}

# case: its calls as (id, name, arguments). An id of None is one that we generated.
RECORDED: dict[str, list[tuple[str | None, str, dict[str, Any]]]] = {
    "azure-openai/tool_call": [("call_Pb4nMx7cVz1aSd8fGh2jKl5q", "get_weather", PARIS)],
    "cerebras/tool_call": [("f3a91c27d", "get_weather", PARIS)],
    "deepseek/tool_calls_parallel": [
        ("call_00_9nLfpIQ6VO1JCaEsJcU8WZnS", "get_weather", PARIS),
        ("call_01_vK2mXd7QhR4tYb8sNcW1eZuG", "get_weather", {"city": "Lyon"}),
    ],
    "fireworks/tool_call": [("call_mK8sWq2xTz5vBn1cYd4fGh7j", "get_weather", PARIS)],
    "gemini/tool_call_with_words": [("y5r3n8pd", "now", {})],
    "gemini/tool_call_without_id": [(None, "now", {})],
    "gemini/tool_calls_parallel": [
        ("qk7x2m9a", "get_weather", PARIS),
        ("b4t8w1zc", "get_weather", {"city": "Tōkyō", "days": 3, "exact": 1.5}),
    ],
    "glm4/tool_call": [("call_-8123456789012345678", "get_weather", PARIS)],
    "groq/tool_calls_with_words": [("fc_3b0d0d1e-1d7b-4f0e-9a55-0d1f0a7c9e21", "get_weather", PARIS)],
    "local/tool_call": [("Jd8sKq2wXz5vBn1cYm4fGh7jTr3eLp6o", "get_weather", PARIS)],
    "local/tool_call_object_arguments": [
        (
            "Wm4fGh7jTr3eLp6oJd8sKq2wXz5vBn1c",
            "get_weather",
            {**PARIS, "days": 3, "exact": 1.5, "tags": [], "near": None},
        ),
    ],
    "mistral/tool_call_without_id": [(None, "get_weather", PARIS), (None, "get_weather", {"city": "Lyon"})],
    "mistral/tool_calls_parallel": [("D681PevKs", "get_weather", PARIS), ("0WLP04fuY", "now", {})],
    "modelscope/tool_call": [("call_4d6e0a1b2c3f4958a7b6", "get_weather", PARIS)],
    "nvidia/tool_call": [(None, "get_weather", PARIS)],
    "ollama/tool_call": [("call_k3v9x2qz", "get_weather", PARIS)],
    "openai/tool_calls_parallel": [
        ("call_Xq0wYH2sD9fKpL4mVb7nTzRe", "get_weather", PARIS),
        ("call_7uJcQ1oZsW5eGt8yNaKb3fMh", "get_weather", {"city": "Tōkyō", "days": 3, "unit": "°C"}),
    ],
    "openai-responses/tool_call": [("call_Xq0wYH2sD9fKpL4mVb7nTzRe", "get_weather", PARIS)],
    "openai-responses/tool_calls_parallel": [
        ("call_Xq0wYH2sD9fKpL4mVb7nTzRe", "get_weather", PARIS),
        ("call_7uJcQ1oZsW5eGt8yNaKb3fMh", "get_weather", {"city": "Tōkyō", "days": 3, "unit": "°C"}),
    ],
    "openrouter/tool_call_without_arguments": [("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "now", {})],
    "siliconflow/tool_call": [("0199a1b2c3d4e5f60718293a4b5c6d80", "get_weather", PARIS)],
    "together/tool_call_finished_as_stop": [("call_x9w2k5m8q1z4v7b0", "get_weather", PARIS)],
    "xai/tool_call": [("call_47209183", "get_weather", PARIS)],
}


def replayed(wire: Wire, case: str) -> tuple[ToolCall, ...]:
    recorded = recording(case)
    wire.reply(recorded.content, recorded.status, recorded.headers)
    return wire.ask(model_of(case)).tool_calls


@pytest.mark.parametrize("case", RECORDED)
def test_recorded_calls_are_decoded_to_objects_with_ids(case: str, wire: Wire) -> None:
    calls = replayed(wire, case)
    decoded = [(None if GENERATED.fullmatch(call.id) else call.id, call.name, call.arguments) for call in calls]
    assert decoded == RECORDED[case]
    assert len({call.id for call in calls}) == len(calls)
    assert not any(call.invalid_arguments for call in calls)


def test_a_call_that_was_cut_off_is_flagged_with_its_text(wire: Wire) -> None:
    (call,) = replayed(wire, "openai/tool_call_cut_at_max_tokens")
    assert call.arguments == {}
    assert call.invalid_arguments == '{"path":"a.txt","text":"Once upon'
    assert call.to_json() == {
        "id": "call_Zs3dFg6hJk9lQw2eRt5yUi8o",
        "name": "write_file",
        "arguments": {},
        "invalidArguments": call.invalid_arguments,
    }


@pytest.mark.parametrize("sent", [None, "", " \n", "null", "{}", " { } ", {}])
def test_every_form_of_no_arguments_is_an_empty_object(sent: Any, wire: Wire) -> None:
    (call,) = answered(wire, OPENAI, openai_calls(openai_call(sent))).tool_calls
    assert (call.arguments, call.invalid_arguments) == ({}, None)


@pytest.mark.parametrize("sent", [None, {}])
def test_every_form_of_no_arguments_is_an_empty_object_from_gemini_too(sent: Any, wire: Wire) -> None:
    (call,) = answered(wire, GEMINI, gemini_calls(gemini_call(sent))).tool_calls
    assert (call.arguments, call.invalid_arguments) == ({}, None)


@pytest.mark.parametrize(("sent", "kept"), [
    ('{"a": ', None), ("{'a': 1}", None), ('{"a": NaN}', None), ('{"a": 1e999}', None), ("[1]", None), ("5", None),
    ('"text"', None), ("true", None), ('"{}"', None), ('{"a": 1} {"b": 2}', None), ("```json\n{}\n```", None),
    ('{"a": "\\ud83d"}', None), ("[" * 100_000, "[" * MAX_INVALID), ('{"a": ' + "9" * 5000 + "}", None),
    ("half a smile \ud83d", "half a smile \ufffd"), ("x" * 20_000, "x" * MAX_INVALID),
    ([], "[]"), ([{"a": 1}], '[{"a": 1}]'), (5, "5"), (False, "false"), ({"a": "\ud83d"}, '{"a": "\ufffd"}'),
    ({"a": float("nan")}, '{"a": NaN}'), ({"a": float("inf")}, '{"a": Infinity}'),
])  # fmt: skip
def test_arguments_that_are_no_json_object_are_flagged(sent: Any, kept: str | None, wire: Wire) -> None:
    (call,) = answered(wire, OPENAI, openai_calls(openai_call(sent))).tool_calls
    assert call.arguments == {}
    assert call.invalid_arguments == (sent if kept is None else kept)
    if not isinstance(sent, str):
        assert answered(wire, GEMINI, gemini_calls(gemini_call(sent))).tool_calls == (call,)


def test_arguments_nested_too_deeply_are_flagged_or_no_answer(wire: Wire) -> None:
    for depth in (65, 200, 900, 5000):
        body = gemini_calls(gemini_call("DEEP")).replace(b'"DEEP"', b'{"a":' * depth + b"1" + b"}" * depth)
        try:
            (call,) = answered(wire, GEMINI, body).tool_calls
        except UpstreamError as error:
            assert error.error_class is ErrorClass.BAD_RESPONSE
        else:
            assert call.arguments == {}
            assert (call.invalid_arguments or "").startswith('{"a": {"a": ')


@pytest.mark.parametrize("call_id", [
    None, "", "null", 5, ["x"], "with space", "dotted.id", "ünicode", "x" * 41, "half\ud83d", "newline\n",
])  # fmt: skip
def test_an_id_that_some_provider_would_refuse_is_replaced(call_id: Any, wire: Wire) -> None:
    for model, body in (
        (OPENAI, openai_calls(openai_call("{}", call_id=call_id))),
        (GEMINI, gemini_calls(gemini_call({}, call_id=call_id))),
    ):
        (call,) = answered(wire, model, body).tool_calls
        assert GENERATED.fullmatch(call.id)


def test_a_second_call_with_the_same_id_gets_a_new_id(wire: Wire) -> None:
    for model, body in (
        (OPENAI, openai_calls(openai_call('{"n": 1}'), openai_call('{"n": 2}'), openai_call('{"n": 3}'))),
        (GEMINI, gemini_calls(gemini_call({"n": 1}), gemini_call({"n": 2}), gemini_call({"n": 3}))),
    ):
        calls = answered(wire, model, body).tool_calls
        assert [call.arguments for call in calls] == [{"n": 1}, {"n": 2}, {"n": 3}]
        assert calls[0].id == "call_1"
        assert len({call.id for call in calls}) == 3


@pytest.mark.parametrize("name", [None, "", 5, {}, " ", "with space", "dotted.name", "x" * 65, "ünicode", "f\n"])
def test_a_call_without_a_usable_name_is_no_answer(name: Any, wire: Wire) -> None:
    good = {"name": "f", "arguments": "{}"}
    for model, body in (
        (OPENAI, openai_calls({"id": "a", "function": good}, openai_call("{}", name), content="Hm.")),
        (GEMINI, gemini_calls(gemini_call({}), gemini_call({}, name))),
    ):
        with pytest.raises(UpstreamError) as caught:
            answered(wire, model, body)
        assert caught.value.error_class is ErrorClass.BAD_RESPONSE


@pytest.mark.parametrize(
    "calls", [[None], [5], ["f"], [{}], [{"function": None}], [[]], {"function": {"name": "f"}}, "f"]
)
def test_calls_of_another_shape_are_no_answer(calls: Any, wire: Wire) -> None:
    for body in (openai_calls(tool_calls=calls, content="Hm."), openai_calls(tool_calls=calls)):
        with pytest.raises(UpstreamError) as caught:
            answered(wire, OPENAI, body)
        assert caught.value.error_class is ErrorClass.BAD_RESPONSE


@pytest.mark.parametrize("reason", ["tool_calls", "stop", "length", "function_call", None, "eos", "something_new"])
def test_an_answer_with_calls_has_the_finish_reason_tool_calls(reason: Any, wire: Wire) -> None:
    completion = answered(wire, OPENAI, openai_calls(openai_call("{}"), finish_reason=reason))
    assert (completion.finish_reason, completion.text) == ("tool_calls", "")
    decoded = reason and reason.upper()
    assert answered(wire, GEMINI, gemini_calls(gemini_call({}), finish_reason=decoded)).finish_reason == "tool_calls"


@pytest.mark.parametrize("content", [None, "", " \n", []])
def test_an_answer_of_calls_alone_has_an_empty_text(content: Any, wire: Wire) -> None:
    assert answered(wire, OPENAI, openai_calls(openai_call("{}"), content=content)).text == ""


def test_a_broken_or_blocked_answer_with_calls_stays_broken_or_blocked(wire: Wire) -> None:
    for model, body, error_class in (
        (OPENAI, openai_calls(openai_call("{}"), finish_reason="error"), ErrorClass.BAD_RESPONSE),
        (OPENAI, openai_calls(openai_call("{}"), finish_reason="content_filter"), ErrorClass.CONTENT_FILTER),
        (GEMINI, gemini_calls(gemini_call({}), finish_reason="MALFORMED_FUNCTION_CALL"), ErrorClass.BAD_RESPONSE),
        (GEMINI, gemini_calls(gemini_call({}), finish_reason="MISSING_THOUGHT_SIGNATURE"), ErrorClass.BAD_RESPONSE),
        (GEMINI, gemini_calls(gemini_call({}), finish_reason="SAFETY"), ErrorClass.CONTENT_FILTER),
    ):
        with pytest.raises(UpstreamError) as caught:
            answered(wire, model, body)
        assert caught.value.error_class is error_class


def test_a_refusal_beside_calls_says_nothing(wire: Wire) -> None:
    completion = answered(wire, OPENAI, openai_calls(openai_call("{}"), refusal="No."))
    assert (completion.finish_reason, completion.refusal, len(completion.tool_calls)) == ("tool_calls", "", 1)


def test_the_old_function_call_field_is_read(wire: Wire) -> None:
    legacy = {"name": "f", "arguments": '{"a": 1}'}
    for calls in (None, []):
        completion = answered(
            wire, OPENAI, openai_calls(tool_calls=calls, function_call=legacy, finish_reason="function_call")
        )
        (call,) = completion.tool_calls
        assert (call.name, call.arguments, completion.finish_reason) == ("f", {"a": 1}, "tool_calls")
        assert GENERATED.fullmatch(call.id)


def test_a_call_in_both_fields_is_made_once(wire: Wire) -> None:
    body = openai_calls(openai_call("{}"), function_call={"name": "f", "arguments": "{}"})
    assert len(answered(wire, OPENAI, body).tool_calls) == 1


@pytest.mark.parametrize("legacy", [None, {}, {"name": "", "arguments": ""}, {"name": None}, "f", []])
def test_an_empty_function_call_field_is_no_call(legacy: Any, wire: Wire) -> None:
    completion = answered(wire, OPENAI, openai_calls(content="Hello.", function_call=legacy, finish_reason="stop"))
    assert (completion.text, completion.tool_calls, completion.finish_reason) == ("Hello.", (), "stop")


def test_data_for_the_provider_is_never_shown_to_clients(wire: Wire) -> None:
    for case in ("gemini/tool_calls_parallel", "deepseek/tool_calls_parallel"):
        calls = replayed(wire, case)
        assert calls[0].signature
        assert calls[1].signature is None
        assert calls[0].signature.partition(":")[2] not in json.dumps([call.to_json() for call in calls])
