"""Names of speakers: left out where a message has no place for them."""

from agentos.domain import ModelFacts, Prompt


def fit_speaker_names(prompt: Prompt, facts: ModelFacts) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt without the `name` of its messages where the model does not take one."""
    if "speakerNames" not in facts.unsupported or not any(message.name for message in prompt.messages):
        return prompt, ()
    nameless = tuple(message.model_copy(update={"name": None}) for message in prompt.messages)
    note = "names of speakers left out: the model does not take them"
    return prompt.model_copy(update={"messages": nameless}), (note,)
