"""How a model reasons: the efforts that it takes, how each is asked for, and what cannot be asked for beside it."""

from collections.abc import Collection
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field

from agentos.domain.names import ParameterName
from agentos.domain.parameters import Effort
from agentos.kernel.values import Value

EFFORTS: tuple[Effort, ...] = get_args(Effort)
"""Every effort, the least first."""


LEAST_BUDGET = 1024
"""Tokens. https://platform.claude.com/docs/en/build-with-claude/extended-thinking"""


class ReasoningLevel(Value):
    """One effort of a model.

    `sends`: the fields that ask for it, where they differ from those of the wire format. `budget`: the most tokens of
    thoughts, for models that take a number. `excludes`: parameters that the model does not take beside it.
    """

    sends: dict[str, Any] | None = None
    budget: Annotated[int, Field(ge=LEAST_BUDGET)] | None = None
    excludes: frozenset[ParameterName] = frozenset()


PLAIN = ReasoningLevel()
"""An effort that is asked for as the wire format has it, and that excludes nothing."""


def _levels(given: Any) -> Any:
    """A list of efforts is short for a mapping without particulars."""
    return {effort: {} for effort in given} if isinstance(given, list | tuple) else given


class Reasoning(Value):
    """`levels`: the efforts that a model takes; none where it does not reason. `default`: its own choice.

    `excludes`: parameters that it does not take at any effort but `none`.
    """

    levels: Annotated[dict[Effort, ReasoningLevel], BeforeValidator(_levels)]
    default: Effort | None = None
    excludes: frozenset[ParameterName] = frozenset()

    def excluded_at(self, effort: Effort) -> frozenset[ParameterName]:
        """The parameters that the model does not take at this effort, which is one of its levels."""
        return self.levels[effort].excludes | (frozenset() if effort == "none" else self.excludes)

    @property
    def by_default(self) -> bool:
        """Whether the model reasons where nobody asks for it."""
        return self.default not in (None, "none")


def nearest(effort: Effort, among: Collection[Effort]) -> Effort | None:
    """The nearest effort of those; of two that are as near, the higher one. None where there are none."""
    wanted = EFFORTS.index(effort)
    ordered = sorted(among, key=EFFORTS.index, reverse=True)
    return min(ordered, key=lambda one: abs(EFFORTS.index(one) - wanted), default=None)
