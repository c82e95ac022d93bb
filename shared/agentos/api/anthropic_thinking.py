"""What a request to Anthropic's Messages says of thinking, in our terms.

https://platform.claude.com/docs/en/build-with-claude/thinking
"""

from typing import Any, Literal

from agentos.kernel.errors import InvalidRequest

Json = dict[str, Any]

ThinkingForm = Literal["none", "signed", "shown"]
"""What an answer holds of the model's thoughts: nothing, what its provider needs back, or their text as well."""

BUDGETS = ((4096, "low"), (12_288, "medium"), (24_576, "high"), (49_152, "xhigh"))
"""The levels for `budget_tokens`, each below its bound; more is `max`. The bounds lie between the budgets that the
levels become at Anthropic (`config/default.yaml`)."""

DEFAULT_EFFORT = "high"
"""Anthropic's own, where a request says no more than that the model may think ("Effort", platform.claude.com)."""


def read_thinking(thinking: Json | None) -> tuple[str | None, ThinkingForm]:
    """The effort that `thinking` asks for, None where it says nothing, and what the answer shows of it.

    Raises InvalidRequest.
    """
    match thinking:
        case None:
            return None, "none"
        case {"type": "disabled"}:
            return "none", "none"
        case {"type": "enabled", "budget_tokens": int(budget)} if not isinstance(budget, bool):
            effort = next((level for bound, level in BUDGETS if budget < bound), "max")
        case {"type": "enabled"}:
            raise InvalidRequest.of("thinking.budget_tokens", "must be a whole number")
        case {"type": "adaptive"}:
            effort = DEFAULT_EFFORT
        case {"type": "between_tools"}:
            effort = "low"
        case _:
            raise InvalidRequest.of("thinking.type", "must be enabled, disabled, adaptive or between_tools")
    return effort, "signed" if thinking.get("display") == "omitted" else "shown"


def read_effort(effort: Any, from_thinking: str | None) -> Any:
    """`output_config.effort`, unless the request forbids thinking or says nothing of its effort."""
    return from_thinking if effort is None or from_thinking == "none" else effort
