"""The choice of tools in each wire format's form, checked by the vendors' own types."""

from typing import Any

import pytest
from botocore.validate import ParamValidator

from agentos.domain import Parameters, Prompt, ToolChoice
from tests.providers.conversations import ASKED, BEDROCK, GEMINI, OPENAI, TOOLS, asking, encoded, result, with_tools
from tests.providers.recordings import Wire, recording
from tests.providers.test_bedrock import CONVERSE, MODEL
from tests.providers.vendor_types import google_sdk_sends, validate_for_anthropic, validate_for_openai
from tests.support.sdks import genai_types as types

CLAUDE = "anthropic:claude-haiku-4-5"
NAMED, ANY = ToolChoice(name="get_weather"), ToolChoice()
CASES = [(choice, parallel) for choice in (None, ANY, NAMED) for parallel in (None, False, True)]


def choosing(choice: ToolChoice | None, parallel: bool | None = None) -> Prompt:
    parameters = Parameters(tool_choice=choice, parallel_tool_calls=parallel)
    return Prompt(messages=(ASKED,), tools=TOOLS, parameters=parameters)


@pytest.mark.parametrize(("choice", "sent"), [
    (None, None), (ANY, "required"), (NAMED, {"type": "function", "function": {"name": "get_weather"}}),
])  # fmt: skip
@pytest.mark.parametrize("parallel", [None, False, True])
def test_openai_receives_the_choice_in_its_form(
    choice: ToolChoice | None, sent: Any, parallel: bool | None, wire: Wire
) -> None:
    body = encoded(wire, OPENAI, choosing(choice, parallel))
    assert (body.get("tool_choice"), body.get("parallel_tool_calls")) == (sent, parallel)
    assert None not in body.values()
    validate_for_openai(body)


@pytest.mark.parametrize(("choice", "parallel", "sent"), [
    (None, None, None),
    (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
    (ANY, None, {"type": "any"}),
    (ANY, True, {"type": "any", "disable_parallel_tool_use": False}),
    (NAMED, None, {"type": "tool", "name": "get_weather"}),
    (NAMED, False, {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}),
])  # fmt: skip
def test_anthropic_receives_parallel_calls_within_the_choice(
    choice: ToolChoice | None, parallel: bool | None, sent: Any, wire: Wire
) -> None:
    body = encoded(wire, CLAUDE, choosing(choice, parallel))
    assert body.get("tool_choice") == sent
    validate_for_anthropic(body)


@pytest.mark.parametrize(("choice", "names"), [(None, None), (ANY, None), (NAMED, ["get_weather"])])
def test_requests_to_gemini_equal_those_of_googles_sdk(
    choice: ToolChoice | None, names: list[str] | None, wire: Wire
) -> None:
    calling = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=names)
    config = types.GenerateContentConfig(
        tool_config=types.ToolConfig(function_calling_config=calling) if choice else None
    )
    theirs = google_sdk_sends("Hello.", config).get("toolConfig")
    ours = encoded(wire, GEMINI, choosing(choice)).get("toolConfig")
    read = types.ToolConfig.model_validate  # the API reads the SDK's `function_calling_config` as the same field
    assert (ours and read(ours)) == (theirs and read(theirs))
    assert (ours is None) == (choice is None)


@pytest.mark.parametrize(("choice", "sent"), [
    (None, None), (ANY, {"any": {}}), (NAMED, {"tool": {"name": "get_weather"}}),
])  # fmt: skip
def test_converse_receives_the_choice_in_its_form(choice: ToolChoice | None, sent: Any, wire: Wire) -> None:
    body = encoded(wire, BEDROCK, choosing(choice))
    assert body["toolConfig"].get("toolChoice") == sent
    report = ParamValidator().validate({"modelId": MODEL, **body}, CONVERSE.input_shape)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize(("choice", "parallel"), CASES)
@pytest.mark.parametrize("model", [CLAUDE, BEDROCK])
def test_thoughts_are_sent_back_whatever_the_choice_was(
    model: str, choice: ToolChoice | None, parallel: bool | None, wire: Wire
) -> None:
    """A thought's signature does not cover the choice."""
    wire.reply(recording(f"{model.partition(':')[0]}/tool_calls_parallel").content)
    calls = wire.ask(model, choosing(choice, parallel)).tool_calls
    later = with_tools(ASKED, asking(*calls), *map(result, calls))
    assert encoded(wire, model, later)["messages"][1]["content"][0].keys() & {"thinking", "reasoningContent"}
