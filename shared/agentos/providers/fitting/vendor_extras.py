"""What a client of one vendor's API sent for that vendor alone: no other provider is told it."""

from agentos.domain import Prompt


def fit_extras(prompt: Prompt, wire_format: str) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt as providers of this wire format may be told it, and a note for each thing that is left out."""
    extras = prompt.extras
    if extras is None or extras.format == wire_format:
        return prompt, ()
    notes = tuple(f"{name} left out: only providers of {extras.format} take it" for name in _names(prompt))
    return prompt.model_copy(update={"extras": None}), notes


def _names(prompt: Prompt) -> tuple[str, ...]:
    return (*prompt.extras.headers, *prompt.extras.fields) if prompt.extras else ()
