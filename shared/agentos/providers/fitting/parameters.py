"""Parameters: what a model does not take is left out, and what is out of its range is moved into it."""

from typing import Any, get_args

from pydantic.alias_generators import to_camel

from agentos.domain import ModelFacts, ParameterName, Parameters, Prompt, RequestLimits

FIELDS = {
    name: field
    for field in Parameters.model_fields
    if (name := to_camel(field)) in get_args(ParameterName) and name != "toolChoice"
}
"""Fields of `Parameters` by the names of configuration. A `toolChoice` is not left out: its target is."""


def fit_parameters(prompt: Prompt, facts: ModelFacts, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with the parameters that the model takes, and a note for each that is not sent as it was given."""
    given = prompt.parameters
    changes: dict[str, Any] = {}
    notes: list[str] = []

    def change(field: str, value: Any, note: str) -> None:
        changes[field] = value
        notes.append(note)

    for name, field in FIELDS.items():
        value = getattr(given, field)
        if value in (None, ()):
            continue
        if name in facts.unsupported:
            change(field, Parameters.model_fields[field].default, f"{name} left out: the model does not take it")
        elif rival := _rival(name, given, limits, changes):
            change(field, None, f"{name} left out: the model takes no {name} beside {rival}")
        elif (fitted := _in_range(value, *limits.ranges.get(name, (None, None)))) != value:
            moved = "lowered" if fitted < value else "raised"
            change(field, fitted, f"{name} {moved} from {value:g} to {fitted:g}, the bound of what the model takes")
        elif name == "maxTokens" and facts.max_output_tokens is not None and value > facts.max_output_tokens:
            change(field, facts.max_output_tokens, f"maxTokens lowered to {facts.max_output_tokens}, the model's most")
        elif name == "stop":
            stops, dropped = _stops(value, limits)
            if dropped:
                change(field, stops, dropped)
    if not changes:
        return prompt, ()
    return prompt.model_copy(update={"parameters": given.model_copy(update=changes)}), tuple(notes)


def _rival(name: str, given: Parameters, limits: RequestLimits, changes: dict[str, Any]) -> str | None:
    """The parameter that is sent and beside which this one is not taken."""
    for first, second in limits.exclusive:
        field = FIELDS[first]
        if second == name and changes.get(field, getattr(given, field)) not in (None, ()):
            return first
    return None


def _in_range(value: Any, least: float | None, most: float | None) -> Any:
    if least is not None and value < least:
        return least
    return most if most is not None and value > most else value


def _stops(given: tuple[str, ...], limits: RequestLimits) -> tuple[tuple[str, ...], str | None]:
    """The texts that end an answer, as many as are taken. An empty one ends nothing, so it goes nowhere."""
    usable = tuple(stop for stop in given if (stop if limits.blank_stops else stop.strip()))
    taken = usable[: limits.stops]
    if taken == given:
        return given, None
    blank = f"{len(given) - len(usable)} of stop left out: blank" if len(usable) < len(given) else None
    many = f"of {len(usable)} stop the first {limits.stops} are sent" if len(taken) < len(usable) else None
    return taken, "; ".join(filter(None, (blank, many)))
