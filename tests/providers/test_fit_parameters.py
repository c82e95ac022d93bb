"""Parameters that a model does not take are left out. Values out of range are moved into it. All others stay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Message, ModelFacts, Parameters, Prompt, RequestLimits
from agentos.providers.fitting.parameters import FIELDS, fit_parameters
from agentos.providers.fitting.speaker_names import fit_speaker_names

FULL: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ("END",),
    "max_tokens": 500,
    "parallel_tool_calls": False,
    "top_k": 40,
    "seed": 0,
    "presence_penalty": 0.0,
    "frequency_penalty": 1.0,
    "logit_bias": {"1": 1.0},
    "reasoning_effort": "none",
    "verbosity": "low",
    "service_tier": "flex",
}
ANY = RequestLimits()


def prompt(**parameters: Any) -> Prompt:
    message = Message(role="user", content="Hello.")
    return Prompt(messages=(message,), instructions="Be brief.", parameters=Parameters(**parameters))


def fit(asked: Prompt, facts: ModelFacts) -> tuple[Prompt, tuple[str, ...]]:
    return fit_parameters(asked, facts, ANY)


@pytest.mark.parametrize(("name", "attribute"), [pair for pair in FIELDS.items() if pair[1] in FULL])
def test_an_unsupported_parameter_is_left_out_with_a_note(name: str, attribute: str) -> None:
    fitted, notes = fit(prompt(**FULL), ModelFacts(unsupported=frozenset({name})))
    left = {key: value for key, value in FULL.items() if key != attribute}
    assert fitted == prompt(**left)
    assert notes == (f"{name} left out: the model does not take it",)


def test_a_parameter_that_was_not_set_makes_no_note() -> None:
    asked = prompt(temperature=None, response_format={"type": "json_object"})
    assert fit(asked, ModelFacts(unsupported=frozenset(FIELDS), max_output_tokens=10)) == (asked, ())


def test_a_temperature_of_zero_counts_as_set() -> None:
    _, notes = fit(prompt(temperature=0.0), ModelFacts(unsupported=frozenset({"temperature"})))
    assert notes == ("temperature left out: the model does not take it",)


@pytest.mark.parametrize(("asked", "most", "sent"), [(500, 100, 100), (100, 100, 100), (50, 100, 50), (500, None, 500)])
def test_max_tokens_are_lowered_to_the_models_maximum(asked: int, most: int | None, sent: int) -> None:
    fitted, notes = fit(prompt(max_tokens=asked), ModelFacts(max_output_tokens=most))
    assert fitted.parameters.max_tokens == sent
    assert notes == ((f"maxTokens lowered to {sent}, the model's most",) if sent < asked else ())


def test_max_tokens_that_are_left_out_make_no_second_note() -> None:
    fitted, notes = fit(prompt(max_tokens=9), ModelFacts(unsupported=frozenset({"maxTokens"}), max_output_tokens=5))
    assert fitted.parameters.max_tokens is None
    assert len(notes) == 1


LIMITS = RequestLimits(
    ranges={"temperature": (0, 1), "topP": (0.01, 1)}, exclusive=(("temperature", "topP"),), stops=2, blank_stops=False
)


@pytest.mark.parametrize(("given_", "sent", "notes"), [
    ({"temperature": 1.5}, {"temperature": 1},
     ["temperature lowered from 1.5 to 1, the most that the model takes"]),
    ({"top_p": 0.001}, {"top_p": 0.01}, ["topP raised from 0.001 to 0.01, the least that the model takes"]),
    ({"temperature": 1, "top_p": 1}, {"temperature": 1}, ["topP left out: the model takes no topP beside temperature"]),
    ({"top_p": 1}, {"top_p": 1}, []),
    ({"stop": ("\n", "", "END")}, {"stop": ("END",)}, ["2 of stop left out: blank"]),
    ({"stop": ("\n",)}, {}, ["1 of stop left out: blank"]),
    ({"stop": ("a", "b", "c")}, {"stop": ("a", "b")}, ["of 3 stop the first 2 are sent"]),
    ({"stop": ("a", " ", "b", "c")}, {"stop": ("a", "b")},
     ["1 of stop left out: blank; of 3 stop the first 2 are sent"]),
    ({"stop": ("a", "b"), "temperature": 0.0}, {"stop": ("a", "b"), "temperature": 0}, []),
])  # fmt: skip
def test_ranges_exclusions_and_stops_are_kept(given_: dict[str, Any], sent: dict[str, Any], notes: list[str]) -> None:
    fitted, reported = fit_parameters(prompt(**given_), ModelFacts(), LIMITS)
    assert fitted == prompt(**sent)
    assert list(reported) == notes


def test_a_parameter_that_is_left_out_excludes_no_other() -> None:
    facts = ModelFacts(unsupported=frozenset({"temperature"}))
    fitted, _ = fit_parameters(prompt(temperature=1, top_p=0.5), facts, LIMITS)
    assert fitted == prompt(top_p=0.5)


@given(st.sets(st.sampled_from(sorted(FIELDS))), st.none() | st.integers(1, 1000), st.floats(0, 2), st.floats(0.001, 1))
def test_fitting_a_fitted_request_changes_nothing(
    unsupported: set[Any], most: int | None, temperature: float, top_p: float
) -> None:
    facts = ModelFacts(unsupported=frozenset(unsupported), max_output_tokens=most)
    asked = prompt(**{**FULL, "temperature": temperature, "top_p": top_p})
    once, _ = fit_parameters(asked, facts, LIMITS)
    assert fit_parameters(once, facts, LIMITS) == (once, ())
    assert (once.messages, once.instructions) == (prompt().messages, prompt().instructions)


def test_parameters_that_are_sent_to_no_provider_are_left_out_for_every_model() -> None:
    fitted, notes = fit(prompt(seed=1, logprobs=True, top_logprobs=2), ModelFacts())
    assert fitted == prompt(seed=1)
    assert notes == tuple(
        f"{name} left out: answers have no probabilities here" for name in ("logprobs", "topLogprobs")
    )


def test_names_of_speakers_are_left_out_where_the_model_does_not_take_them() -> None:
    named = Prompt(messages=(Message(role="user", content="Hello.", name="ann"),))
    fitted, notes = fit_speaker_names(named, ModelFacts(unsupported=frozenset({"speakerNames"})))
    assert fitted.messages == (Message(role="user", content="Hello."),)
    assert notes == ("names of speakers left out: the model does not take them",)
    assert fit_speaker_names(named, ModelFacts()) == (named, ())


@pytest.mark.parametrize(("asked", "sent"), [(1, 16), (15, 16), (16, 16), (17, 17)])
def test_max_tokens_are_raised_to_the_least_that_is_taken(asked: int, sent: int) -> None:
    fitted, notes = fit_parameters(prompt(max_tokens=asked), ModelFacts(), RequestLimits(least_max_tokens=16))
    assert fitted.parameters.max_tokens == sent
    raised = f"maxTokens raised from {asked} to 16, the least that the model takes"
    assert notes == ((raised,) if asked < 16 else ())
