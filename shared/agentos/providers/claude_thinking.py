"""How Claude is asked to think, at Anthropic and at Bedrock.

https://platform.claude.com/docs/en/build-with-claude/thinking, …/effort, …/extended-thinking
"""

from typing import Any

from agentos.domain import ModelFacts, Parameters
from agentos.domain.parameters import Effort
from agentos.domain.reasoning import LEAST_BUDGET, PLAIN, Reasoning

ROOM: dict[Effort, int] = {"low": 2048, "medium": 8192, "high": 16_384, "xhigh": 32_768, "max": 65_536}
"""Tokens that are left for thoughts where the agent does not bound the answer, as thoughts count towards its bound."""


def thinking(parameters: Parameters, facts: ModelFacts) -> dict[str, Any]:
    """The fields of a request that ask for the effort, and for the thoughts in words."""
    known, effort = facts.reasoning, parameters.reasoning_effort
    fields = _asked(known, effort, parameters.max_tokens) if effort else {}
    if not parameters.include_reasoning:
        return fields
    if effort is None and known and known.by_default:
        fields = {"thinking": {"type": "adaptive"}}  # the same as to say nothing
    if (fields.get("thinking") or {}).get("type") in ("adaptive", "enabled"):
        return {**fields, "thinking": {**fields["thinking"], "display": "summarized"}}
    return fields


def room(parameters: Parameters, facts: ModelFacts) -> int:
    """Tokens to leave for thoughts, beside those for the answer."""
    effort = parameters.reasoning_effort
    if effort is None:
        return 0
    level = facts.reasoning.levels.get(effort, PLAIN) if facts.reasoning else PLAIN
    return level.budget or ROOM.get(effort, 0)


def _asked(known: Reasoning | None, effort: Effort, max_tokens: int | None) -> dict[str, Any]:
    level = known.levels.get(effort, PLAIN) if known else PLAIN
    if level.sends is not None:
        return level.sends
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    if level.budget is None:
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    # The bound on the answer counts the thoughts too, so they get half of it at most.
    budget = level.budget if max_tokens is None else max(LEAST_BUDGET, min(level.budget, max_tokens // 2))
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}
