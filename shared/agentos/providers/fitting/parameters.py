"""Parameters: what a model does not take is left out, and what is out of its range is moved into it."""

from typing import Any, get_args

from pydantic.alias_generators import to_camel

from agentos.domain import ModelFacts, ParameterName, Parameters, Prompt, RequestLimits
from agentos.domain.parameters import NOT_CARRIED

_FIELD_OF = {to_camel(field): field for field in Parameters.model_fields}
FIELDS = {name: _FIELD_OF[name] for name in get_args(ParameterName) if name in _FIELD_OF and name != "toolChoice"}
"""Fields of `Parameters` by the names of configuration. A `toolChoice` is not left out: its target is."""


def fit_parameters(prompt: Prompt, facts: ModelFacts, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with the parameters that the model takes, and a note for each that is not sent as it was given."""
    given = prompt.parameters
    notes: list[str] = []
    for name, field in FIELDS.items():
        value = getattr(given, field)
        if value in (None, ()):
            continue
        if name in NOT_CARRIED:
            fitted, note = None, f"{name} left out: answers have no probabilities here"
        elif name in facts.unsupported:
            fitted, note = Parameters.model_fields[field].default, f"{name} left out: the model does not take it"
        elif rival := _rival(name, given, limits):
            fitted, note = None, f"{name} left out: the model takes no {name} beside {rival}"
        elif name == "stop":
            fitted, note = _stops(value, limits)
        else:
            fitted, note = _number(name, value, facts, limits)
        if fitted != value:
            given = given.model_copy(update={field: fitted})
            notes.append(note)
    return (prompt.model_copy(update={"parameters": given}) if notes else prompt), tuple(notes)


def _rival(name: str, sent: Parameters, limits: RequestLimits) -> str | None:
    """The parameter that is sent and beside which this one is not taken."""
    rivals = (first for first, second in limits.exclusive if second == name)
    return next((first for first in rivals if getattr(sent, FIELDS[first]) not in (None, ())), None)


def _number(name: str, value: Any, facts: ModelFacts, limits: RequestLimits) -> tuple[Any, str]:
    """The value within its range; what is no number has none."""
    most_tokens = facts.max_output_tokens
    if name == "maxTokens" and most_tokens is not None and value > most_tokens:
        return most_tokens, f"maxTokens lowered to {most_tokens}, the model's most"
    least_tokens = limits.least_max_tokens
    if name == "maxTokens" and value < least_tokens:
        return least_tokens, f"maxTokens raised from {value} to {least_tokens}, the least that the model takes"
    if name not in limits.ranges:
        return value, ""
    least, most = limits.ranges[name]
    if value < least:
        return least, f"{name} raised from {value:g} to {least:g}, the least that the model takes"
    return min(value, most), f"{name} lowered from {value:g} to {most:g}, the most that the model takes"


def _stops(given: tuple[str, ...], limits: RequestLimits) -> tuple[tuple[str, ...], str]:
    """The texts that end an answer, as many as are taken. An empty one can end nothing."""
    usable = tuple(stop for stop in given if (stop if limits.blank_stops else stop.strip()))
    taken = usable[: limits.stops]
    blank = f"{len(given) - len(usable)} of stop left out: blank" if len(usable) < len(given) else None
    many = f"of {len(usable)} stop the first {limits.stops} are sent" if len(taken) < len(usable) else None
    return taken, "; ".join(filter(None, (blank, many)))
