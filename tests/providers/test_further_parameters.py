"""Every wire format sends a parameter or says that it cannot. No parameter is dropped without a note."""

from typing import Any, get_args

import pytest

from agentos.domain import Message, ParameterName, Parameters, Prompt, ToolChoice
from agentos.domain.parameters import NOT_CARRIED
from agentos.settings.loading import load_settings
from agentos.settings.schema import WITHOUT
from tests.providers.conversations import ASKED, BEDROCK, GEMINI, TOOLS, encoded
from tests.providers.recordings import Wire, an_answer
from tests.providers.vendor_types import validate_for_openai
from tests.support.sdks import genai_types as types

CLAUDE, MISTRAL = "anthropic:claude-haiku-4-5", "mistral:mistral-small-latest"
FORMATS = {
    "openai": "openrouter:any",
    "openai-responses": "openai:gpt-5.5",
    "gemini": GEMINI,
    "anthropic": CLAUDE,
    "bedrock": BEDROCK,
}
OPENAI_ALONE = {**dict.fromkeys(FORMATS, "noted"), "openai": "carried"}
BOTH_OPENAI = {**OPENAI_ALONE, "openai-responses": "carried"}
EVERYWHERE = dict.fromkeys(FORMATS, "carried")
NOWHERE = dict.fromkeys(FORMATS, "noted")
TABLE: dict[ParameterName, dict[str, str]] = {
    "temperature": EVERYWHERE,
    "topP": EVERYWHERE,
    "topK": {**EVERYWHERE, "bedrock": "noted", "openai-responses": "noted"},
    "stop": {**EVERYWHERE, "openai-responses": "noted"},
    "maxTokens": EVERYWHERE,
    "seed": {**OPENAI_ALONE, "gemini": "carried"},
    "presencePenalty": {**OPENAI_ALONE, "gemini": "carried"},
    "frequencyPenalty": {**OPENAI_ALONE, "gemini": "carried"},
    "logitBias": OPENAI_ALONE,
    "logprobs": NOWHERE,
    "topLogprobs": NOWHERE,
    "reasoningEffort": EVERYWHERE,
    # Most models show their thoughts unasked, or do not think unless they are asked to.
    "includeReasoning": {**dict.fromkeys(FORMATS, "unasked"), "gemini": "carried", "openai-responses": "carried"},
    "verbosity": BOTH_OPENAI,
    "toolChoice": EVERYWHERE,
    "parallelToolCalls": {**BOTH_OPENAI, "anthropic": "carried"},
    "serviceTier": BOTH_OPENAI,
    "user": {**BOTH_OPENAI, "anthropic": "carried"},
}
"""What becomes of each parameter in each wire format."""

VALUES: dict[ParameterName, Any] = {
    "temperature": 0.5,
    "topP": 0.5,
    "topK": 40,
    "stop": ("END",),
    "maxTokens": 99,
    "seed": 7,
    "presencePenalty": 0.5,
    "frequencyPenalty": 0.5,
    "logitBias": {"1": 1.0},
    "logprobs": True,
    "topLogprobs": 3,
    "reasoningEffort": "low",
    "includeReasoning": True,
    "verbosity": "low",
    "toolChoice": ToolChoice(),
    "parallelToolCalls": False,
    "serviceTier": "flex",
    "user": "ann",
}


def asking(**parameters: Any) -> Prompt:
    by_alias = Parameters.model_validate(parameters, by_alias=True, by_name=False)
    return Prompt(messages=(ASKED,), tools=TOOLS, parameters=by_alias)


def test_every_parameter_is_tried() -> None:
    assert {*VALUES, "speakerNames"} == set(get_args(ParameterName))


def sent(wire: Wire, model: str, asked: Prompt) -> tuple[Any, str]:
    """The JSON that is sent, and what the notes say."""
    wire.reply(an_answer(model))
    notes = wire.ask(model, asked).notes
    return wire.sent_json, " ".join(notes)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_format_carries_a_parameter_or_says_that_it_cannot(wire_format: str, name: ParameterName, wire: Wire) -> None:
    model = FORMATS[wire_format]
    (body, notes), (plain, _) = sent(wire, model, asking(**{name: VALUES[name]})), sent(wire, model, asking())
    assert TABLE[name][wire_format] == ("carried" if body != plain else "noted" if name in notes else "unasked")


@pytest.mark.parametrize("wire_format", FORMATS)
def test_a_format_sends_the_names_of_speakers_or_says_that_it_cannot(wire_format: str, wire: Wire) -> None:
    named = Prompt(messages=(Message(role="user", content="Hi", name="Ann O'Hara"),))
    carried = "Ann" in str(encoded(wire, FORMATS[wire_format], named))
    assert carried == ("speakerNames" not in WITHOUT.get(wire_format, frozenset()))


def test_openais_own_types_accept_the_requests(wire: Wire) -> None:
    given = {name: value for name, value in VALUES.items() if name not in {"topK", "includeReasoning", *NOT_CARRIED}}
    body = encoded(wire, "openai:any", asking(**given))
    assert body.keys() >= {"seed", "presence_penalty", "logit_bias", "reasoning_effort", "verbosity", "service_tier"}
    validate_for_openai(body)


def test_googles_own_types_accept_the_requests(wire: Wire) -> None:
    given = {name: VALUES[name] for name in ("topK", "seed", "presencePenalty", "frequencyPenalty")}
    generation = encoded(wire, GEMINI, asking(**given))["generationConfig"]
    assert generation == given
    types.GenerationConfig.model_validate(generation)


def test_anthropic_receives_top_k_with_the_version_that_has_it(wire: Wire) -> None:
    """The API's later version and the SDK's types have no sampling parameters."""
    assert load_settings({}).providers["anthropic"].settings.headers["anthropic-version"] == "2023-06-01"
    assert encoded(wire, CLAUDE, asking(topK=40))["top_k"] == 40


def test_a_provider_may_have_its_own_name_for_a_parameter(wire: Wire) -> None:
    body = encoded(wire, MISTRAL, asking(seed=7))
    assert body["random_seed"] == 7
    assert "seed" not in body
