"""What of a request a target's model does not take: left out or lowered with a note, never sent to be rejected."""

from agentos.domain import ModelFacts, Parameters, Prompt

NAMES = {
    "temperature": "temperature",
    "topP": "top_p",
    "stop": "stop",
    "maxTokens": "max_tokens",
    "parallelToolCalls": "parallel_tool_calls",
}
"""Parameters by the names that configuration uses; a `toolChoice` is not left out, its target is."""


def fit(prompt: Prompt, facts: ModelFacts) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt as this model takes it, and what was changed."""
    parameters = prompt.parameters
    changes: dict[str, object] = {}
    notes: list[str] = []
    for name, attribute in NAMES.items():
        if name in facts.unsupported and getattr(parameters, attribute) not in (None, ()):
            changes[attribute] = Parameters.model_fields[attribute].default
            notes.append(f"{name} left out: the model does not take it")
    most, asked = facts.max_output_tokens, parameters.max_tokens
    if most is not None and asked is not None and asked > most and "max_tokens" not in changes:
        changes["max_tokens"] = most
        notes.append(f"maxTokens lowered to {most}, the model's most")
    if not changes:
        return prompt, ()
    return prompt.model_copy(update={"parameters": parameters.model_copy(update=changes)}), tuple(notes)
