"""What is asked before each upstream call: may it be made? Budgets are behind it, which routing does not know."""

from collections.abc import Sequence
from typing import Protocol

from agentos.domain import Attempt, Prompt, Skipped, Target
from agentos.kernel.errors import ApiError


class Admission(Protocol):
    """Admits the calls of one turn. `notes`: what of the request it has changed."""

    @property
    def notes(self) -> tuple[str, ...]: ...

    def bounded(self, prompt: Prompt) -> Prompt:
        """The prompt as the calls are made with it."""
        ...

    def admit(self, target: Target, prompt: Prompt, attempts: Sequence[Attempt]) -> Skipped | None:
        """Called before each call, with the calls that were made before. None: it may be made; else why it may not.

        What it raises ends the turn.
        """
        ...

    def refusal(self) -> ApiError | None:
        """The error for the client where no call could be made, if that was for a reason of this."""
        ...


class AdmitAll:
    """Admits every call."""

    notes: tuple[str, ...] = ()

    def bounded(self, prompt: Prompt) -> Prompt:
        return prompt

    def admit(self, target: Target, prompt: Prompt, attempts: Sequence[Attempt]) -> Skipped | None:
        return None

    def refusal(self) -> ApiError | None:
        return None


ADMIT_ALL = AdmitAll()
