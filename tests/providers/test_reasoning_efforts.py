"""Reasoning efforts in each vendor's own words, and what gives way where a model cannot do everything at once."""

from typing import Any

import pytest

from agentos.domain import Message, Prompt, ToolChoice
from agentos.domain.parameters import Parameters
from agentos.domain.reasoning import EFFORTS
from tests.providers.conversations import ASKED, TIME, TOOLS, asking, result
from tests.providers.recordings import MODELS, Wire, an_answer, settings_for

HAIKU_4, HAIKU, SONNET, OPUS = (
    f"anthropic:claude-{name}" for name in ("haiku-4-5", "haiku-5-5", "sonnet-5-5", "opus-5-5")
)
ON_BEDROCK, NOVA = "bedrock:claude-sonnet-5-5", "bedrock:nova-2-lite"
FIELDS = (
    "reasoning_effort", "reasoning", "thinking", "output_config", "max_tokens", "temperature",
    "additionalModelRequestFields",
)  # fmt: skip


def sent(wire: Wire, model: str, effort: str | None, **asked: Any) -> tuple[dict[str, Any], list[str]]:
    """The fields of the request that the effort touches, and the notes."""
    tools = TOOLS if "tool_choice" in asked else ()
    messages = asked.pop("messages", (ASKED,))
    parameters = Parameters(reasoning_effort=effort, **asked)
    wire.reply(an_answer(model))
    notes = wire.ask(model, Prompt(messages=messages, tools=tools, parameters=parameters)).notes
    body = wire.sent_json
    generation = body.get("generationConfig") or {}
    found = {name: body[name] for name in FIELDS if name in body}
    found |= {"thinkingConfig": generation["thinkingConfig"]} if "thinkingConfig" in generation else {}
    found |= {"inferenceConfig": body["inferenceConfig"]} if body.get("inferenceConfig") else {}
    return found, list(notes)


def adaptive(effort: str) -> dict[str, Any]:
    return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}


def nova(effort: str) -> dict[str, Any]:
    return {"additionalModelRequestFields": {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}}


@pytest.mark.parametrize(("model", "effort", "expected"), [
    ("openai:gpt-6-luna", "max", {"reasoning": {"effort": "max"}}),
    ("openai:gpt-5.4-mini", "none", {"reasoning": {"effort": "none"}}),
    ("azure-openai:my-deployment", "xhigh", {"reasoning_effort": "xhigh"}),
    ("groq:openai/gpt-oss-20b", "high", {"reasoning_effort": "high"}),
    ("groq:qwen/qwen3.8-27b", "high", {"reasoning_effort": "default"}),
    ("openrouter:any/model", "minimal", {"reasoning": {"effort": "minimal"}}),
    ("cerebras:gpt-oss-120b", "low", {"reasoning_effort": "low"}),
    ("xai:grok-4.3", "none", {"reasoning_effort": "none"}),
    ("mistral:mistral-small-latest", "high", {"reasoning_effort": "high"}),
    ("deepseek:deepseek-flash", "none", {"thinking": {"type": "disabled"}}),
    ("deepseek:deepseek-flash", "max", {"reasoning_effort": "max"}),
    ("glm4:glm-4.7", "high", {"thinking": {"type": "enabled"}}),
    ("glm4:glm-5.3", "low", {"reasoning_effort": "low"}),
    ("gemini:flash-1.5", "minimal", {"thinkingConfig": {"thinkingLevel": "minimal"}}),
    ("gemini:gemini-2.5-flash", "none", {"thinkingConfig": {"thinkingBudget": 0}}),
    ("gemini:gemini-2.5-pro", "high", {"thinkingConfig": {"thinkingBudget": 24_576}}),
    (HAIKU, "none", {"thinking": {"type": "disabled"}, "max_tokens": 8192}),
    (HAIKU, "low", {**adaptive("low"), "max_tokens": 10_240}),
    (SONNET, "none", {"thinking": {"type": "between_tools"}, "max_tokens": 8192}),
    (OPUS, "max", {**adaptive("max"), "max_tokens": 73_728}),
    (HAIKU_4, "medium", {"thinking": {"type": "enabled", "budget_tokens": 8192}, "max_tokens": 16_384}),
    (HAIKU_4, "none", {"thinking": {"type": "disabled"}, "max_tokens": 8192}),
    ("anthropic:claude-opus-4-6", "max", {**adaptive("max"), "max_tokens": 73_728}),
    ("anthropic:claude-sonnet-4-20250514", "low",
     {"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 10_240}),
    (ON_BEDROCK, "high", {"additionalModelRequestFields": adaptive("high")}),
    (NOVA, "low", nova("low")),
    (NOVA, "none", {"additionalModelRequestFields": {"reasoningConfig": {"type": "disabled"}}}),
])  # fmt: skip
def test_an_effort_is_asked_for_in_the_vendors_words(
    model: str, effort: str, expected: dict[str, Any], wire: Wire
) -> None:
    assert sent(wire, model, effort) == (expected, [])


@pytest.mark.parametrize(("model", "asked", "taken"), [
    ("openai:gpt-5.4-mini", "minimal", "low"),
    ("openai:gpt-5.4-mini", "max", "xhigh"),
    ("xai:grok-4.7", "none", "low"),
    ("glm4:glm-5.3", "medium", "high"),
    ("gemini:gemini-3.8-flash", "none", "low"),
    ("gemini:gemini-4-argon", "max", "high"),
    ("gemini:unknown", "xhigh", "high"),
    (OPUS, "none", "low"),
    (HAIKU, "minimal", "low"),
])  # fmt: skip
def test_an_effort_that_a_model_lacks_becomes_its_nearest(model: str, asked: str, taken: str, wire: Wire) -> None:
    fields, notes = sent(wire, model, asked)
    assert taken in str(fields)
    assert notes == [f"reasoningEffort {asked} replaced by {taken}, the nearest of the model"]


@pytest.mark.parametrize(("model", "why"), [
    ("openai:gpt-4o-mini", "the model does not take it"),
    ("siliconflow:zai-org/GLM-5.3", "the model does not take it"),
    ("mistral:codestral-latest", "it is not known which efforts the model takes"),
    ("anthropic:any", "it is not known which efforts the model takes"),
    ("bedrock:any", "it is not known which efforts the model takes"),
])  # fmt: skip
def test_an_effort_that_cannot_be_asked_for_is_left_out(model: str, why: str, wire: Wire) -> None:
    fields, notes = sent(wire, model, "high")
    assert not {"reasoning_effort", "thinking", "additionalModelRequestFields"} & fields.keys()
    assert notes == [f"reasoningEffort left out: {why}"]


def test_a_model_that_is_said_not_to_reason(tmp_path: Any, wire: Wire) -> None:
    overlay = tmp_path / "own.yaml"
    overlay.write_text("models: {'openai:plain': {reasoning: {levels: []}}}")
    wire.settings = settings_for(overlay)
    assert sent(wire, "openai:plain", "high") == ({}, ["reasoningEffort left out: the model does not reason"])


def test_a_bound_on_the_answer_bounds_the_thoughts(wire: Wire) -> None:
    fields, _ = sent(wire, HAIKU_4, "high", max_tokens=4000)
    assert fields == {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}
    fields, _ = sent(wire, HAIKU_4, "high", max_tokens=1025)
    assert fields == {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1025}
    fields, notes = sent(wire, HAIKU_4, "high", max_tokens=1000)
    assert fields == {"thinking": {"type": "disabled"}, "max_tokens": 1000}
    assert notes == ["reasoningEffort high replaced by none, the nearest that the model takes beside the rest"]
    fields, notes = sent(wire, NOVA, "high", max_tokens=1000)
    assert fields == {**nova("medium"), "inferenceConfig": {"maxTokens": 1000}}
    assert notes == ["reasoningEffort high replaced by medium, the nearest that the model takes beside the rest"]


def test_sampling_is_left_out_while_a_model_thinks(wire: Wire) -> None:
    _, notes = sent(wire, HAIKU_4, "low", temperature=0.5, top_k=4)
    assert {"temperature", "top_k"} & wire.sent_json.keys() == set()
    assert notes == [
        f"{name} left out: the model does not take it while it reasons" for name in ("temperature", "topK")
    ]
    fields, notes = sent(wire, HAIKU_4, "none", temperature=0.5)
    assert (fields["temperature"], notes) == (0.5, [])
    fields, notes = sent(wire, NOVA, "high", temperature=0.5)
    assert fields == nova("high")
    assert notes == ["temperature left out: the model does not take it while it reasons"]


def test_a_tool_that_must_be_called_counts_more_than_the_effort(wire: Wire) -> None:
    fields, notes = sent(wire, HAIKU_4, "high", tool_choice=ToolChoice())
    assert fields["thinking"] == {"type": "disabled"}
    assert wire.sent_json["tool_choice"] == {"type": "any"}
    assert notes == ["reasoningEffort high replaced by none, the nearest that the model takes beside the rest"]


def test_manual_thinking_does_not_begin_between_a_call_and_its_answer(wire: Wire) -> None:
    """ "a final assistant message must start with a thinking block": the call may be another model's."""
    history = (ASKED, asking(TIME), result(TIME))
    fields, _ = sent(wire, HAIKU_4, "high", messages=history)
    assert fields["thinking"] == {"type": "disabled"}
    fields, _ = sent(wire, HAIKU, "high", messages=history)
    assert fields["thinking"] == {"type": "adaptive"}
    fields, _ = sent(wire, HAIKU_4, "high", messages=(*history, Message(role="user", content="And?")))
    assert fields["thinking"]["type"] == "enabled"


def test_an_effort_goes_beside_a_schema(wire: Wire) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    fields, _ = sent(wire, SONNET, "low", response_format=form)
    assert fields["output_config"].keys() == {"effort", "format"}


@pytest.mark.parametrize(("model", "effort", "expected"), [
    (SONNET, None, {"thinking": {"type": "adaptive", "display": "summarized"}}),
    (SONNET, "low", {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}}),
    (SONNET, "none", {"thinking": {"type": "between_tools"}}),
    (HAIKU_4, None, {}),
    (HAIKU_4, "low", {"thinking": {"type": "enabled", "budget_tokens": 2048, "display": "summarized"}}),
    ("gemini:flash-1.5", None, {"thinkingConfig": {"includeThoughts": True}}),
    ("gemini:flash-1.5", "low", {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "low"}}),
    ("deepseek:deepseek-flash", None, {}),
])  # fmt: skip
def test_thoughts_in_words_are_asked_for_where_they_do_not_come_unasked(
    model: str, effort: str | None, expected: dict[str, Any], wire: Wire
) -> None:
    fields, _ = sent(wire, model, effort, include_reasoning=True)
    fields.pop("max_tokens", None)
    assert fields == expected


@pytest.mark.parametrize("model", sorted({*MODELS.values()} - {"echo:echo"}))
@pytest.mark.parametrize("effort", EFFORTS)
def test_every_effort_can_be_asked_of_every_model(model: str, effort: str, wire: Wire) -> None:
    _, notes = sent(wire, model, effort, temperature=0.5, max_tokens=2000, include_reasoning=True)
    assert not notes or all("left out" in note or "replaced by" in note for note in notes)
