"""Anthropic's rules for thinking, which hold for its models at Bedrock too.

https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting, …/effort, …/extended-thinking
"""

from collections.abc import Collection, Iterator

from tests.conversations.fakes.rules import Body, Traits

WAYS = ("adaptive", "enabled")
"""The types at which a model thinks on request."""


def ways(model: Traits, fields: Body, max_tokens: int | None) -> Iterator[str]:
    """Types, efforts and budgets."""
    kind = (fields.get("thinking") or {}).get("type")
    effort = (fields.get("output_config") or {}).get("effort")
    if kind is not None and kind not in model.thinking:
        yield f'"thinking.type.{kind}" is not supported for this model.'
    if effort is not None and effort not in (model.efforts or ()):
        yield f"This model does not support the effort '{effort}'."
    if kind == "between_tools" and effort in ("xhigh", "max"):
        yield "thinking.type.between_tools is not supported at this effort."
    if kind == "enabled":
        budget = fields["thinking"].get("budget_tokens", 0)
        if budget < 1024:
            yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        if max_tokens is not None and budget >= max_tokens:
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."


def beside(fields: Body, sampling: Collection[str], forced: bool) -> Iterator[str]:
    """What cannot be asked for while it thinks. `sampling`: the parameters of sampling that were sent."""
    if (fields.get("thinking") or {}).get("type") in WAYS:
        for name in sampling:
            yield f"`{name}` may not be set when thinking is enabled."
        if forced:
            yield "Thinking may not be enabled when tool_choice forces tool use."


def first(fields: Body, said: list[list[str]]) -> Iterator[str]:
    """`said`: the kinds of blocks of each message; while calls are answered, thoughts stand before them."""
    if (fields.get("thinking") or {}).get("type") == "enabled" and "result" in said[-1]:
        opening = said[-2][:1]
        if opening != ["thinking"]:
            yield (
                f"messages.{len(said) - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
                f"`{opening}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block"
            )
