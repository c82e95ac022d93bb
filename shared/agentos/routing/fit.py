"""What of a request a target's model does not take: left out or lowered with a note, never sent to be rejected."""

from typing import Any, get_args

from pydantic.alias_generators import to_camel

from agentos.domain import ModelFacts, ParameterName, Parameters, Prompt
from agentos.domain.parameters import NOT_CARRIED

FIELDS = {
    name: field
    for field in Parameters.model_fields
    if (name := to_camel(field)) in get_args(ParameterName) and name != "toolChoice"
}
"""Fields of `Parameters` by the names of configuration. A `toolChoice` is not left out: its target is."""


def fit(prompt: Prompt, facts: ModelFacts) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt as this model takes it, and what was changed."""
    parameters, given = prompt.parameters, prompt.parameters.model_dump(exclude_defaults=True)
    changes: dict[str, Any] = {}
    notes: list[str] = []
    for name, field in FIELDS.items():
        if field in given and (name in facts.unsupported or name in NOT_CARRIED):
            changes[field] = Parameters.model_fields[field].default
            reason = "no provider is told it yet" if name in NOT_CARRIED else "the model does not take it"
            notes.append(f"{name} left out: {reason}")
    most, asked = facts.max_output_tokens, parameters.max_tokens
    if most is not None and asked is not None and asked > most and "max_tokens" not in changes:
        changes["max_tokens"] = most
        notes.append(f"maxTokens lowered to {most}, the model's most")
    if changes:
        prompt = prompt.model_copy(update={"parameters": parameters.model_copy(update=changes)})
    return fit_speaker_names(prompt, facts, notes)


def fit_speaker_names(prompt: Prompt, facts: ModelFacts, notes: list[str]) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt without the names of speakers where the model does not take them, and all notes."""
    if "speakerNames" not in facts.unsupported or not any(message.name for message in prompt.messages):
        return prompt, tuple(notes)
    nameless = tuple(message.model_copy(update={"name": None}) for message in prompt.messages)
    note = "names of speakers left out: the model does not take them"
    return prompt.model_copy(update={"messages": nameless}), (*notes, note)
