"""The prompt as a target takes it, what was changed or left out for that, and the way back for the answer."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentos.domain import Completion, ModelFacts, Prompt, RequestLimits
from agentos.providers.fitting.argument_names import (
    Renamed,
    rename_arguments,
    restored_arguments,
    sent_arguments_of,
)
from agentos.providers.fitting.cache_marks import fit_cache_marks
from agentos.providers.fitting.call_ids import fit_call_ids
from agentos.providers.fitting.files import fit_files
from agentos.providers.fitting.images import fit_images
from agentos.providers.fitting.json_mode import fit_json_mode
from agentos.providers.fitting.parameters import fit_parameters
from agentos.providers.fitting.reasoning import fit_reasoning
from agentos.providers.fitting.roles import fit_roles
from agentos.providers.fitting.speaker_names import fit_speaker_names
from agentos.providers.fitting.texts import fit_texts
from agentos.providers.fitting.tool_definitions import fit_answer_schema, fit_tools
from agentos.providers.fitting.tool_names import rename_tools, sent_names

Fitted = tuple[Prompt, tuple[str, ...]]
"""A prompt, and a sentence for each change."""

LONGEST_NOTE = 300
"""Characters of a note that holds names of the client's."""

STEPS: tuple[Callable[[Prompt, RequestLimits], Fitted], ...] = (
    fit_json_mode,  # first: it may add words, which must fit too
    fit_answer_schema,
    fit_tools,
    fit_files,  # before texts: some become one
    fit_texts,
    fit_images,
    fit_call_ids,
    fit_roles,  # last: it looks at who is left to speak
)


class FittedPrompt(NamedTuple):
    """`prompt` as it is sent. `tool_names`: tools by the names that were sent. `arguments`: renamed ones by tool."""

    prompt: Prompt
    notes: tuple[str, ...] = ()
    tool_names: Mapping[str, str] = {}
    arguments: Renamed = {}

    def restored(self, completion: Completion) -> Completion:
        """The answer with its calls under the names that the client gave, and with the notes."""
        if not completion.tool_calls:
            return completion.model_copy(update={"notes": self.notes}) if self.notes else completion
        named = (
            call.model_copy(update={"name": self.tool_names[call.name]}) if call.name in self.tool_names else call
            for call in completion.tool_calls
        )
        calls = tuple(restored_arguments(call, self.arguments) for call in named)
        return completion.model_copy(update={"tool_calls": calls, "notes": self.notes})


def fit(prompt: Prompt, facts: ModelFacts, limits: RequestLimits, notes: tuple[str, ...] = ()) -> FittedPrompt:
    """The prompt as a model of these facts and limits takes it. What fits already is not changed.

    `notes`: those of changes that were made before.
    """
    prompt, more = fit_parameters(prompt, facts, limits)
    notes += more
    prompt, more = fit_reasoning(prompt, facts, limits)
    notes += more
    prompt, more = fit_speaker_names(prompt, facts)
    notes += more
    for step in STEPS:
        prompt, more = step(prompt, limits)
        notes += more
    prompt, more = fit_cache_marks(prompt, facts, limits)  # no message is added or left out any more
    notes += more
    arguments = sent_arguments_of(prompt, limits)
    if arguments:
        prompt = rename_arguments(prompt, arguments)
        notes += (f"names of arguments replaced for {', '.join(arguments)}"[:LONGEST_NOTE],)
    names = sent_names(prompt, limits)
    if names:
        prompt = rename_tools(prompt, names)
        notes += (
            f"names of tools replaced: {', '.join(f'{old} by {new}' for old, new in names.items())}"[:LONGEST_NOTE],
        )
    return FittedPrompt(prompt, notes, {new: old for old, new in names.items()}, arguments)
