"""Which models to ask for embeddings, in which order, and why not the others. Pure, as `plan.py`.

Vectors of different models cannot be compared. An index that holds vectors of two spaces finds nothing, and nobody sees
why. So no model outside the vector space of the first one is asked, not even if the client names it.
"""

from collections.abc import Callable, Sequence

from agentos.domain import Plan, SkipCode, Skipped, Target
from agentos.domain.routing import cooling_order
from agentos.routing.plan import NO_STATS, TargetStats, distinct, unavailable, with_health
from agentos.settings.loading import Settings

FORMATS = frozenset({"openai", "gemini"})
"""The wire formats over which embeddings can be asked for (`providers/embeddings.py`)."""


def plan_embeddings(
    models: Sequence[str],
    longest: int,
    allowed: Callable[[str], bool],
    settings: Settings,
    stats: TargetStats = NO_STATS,
) -> Plan:
    """The plan for these models, the first and its fallbacks. `longest`: tokens of the longest text, about."""
    first, *others = models
    found = [settings.target(first, "the request's model")]
    found += [settings.target(name, "the request's fallback", fallback=True) for name in others]
    space = _space(found[0])
    targets: list[Target] = []
    skipped: list[Skipped] = []
    for target in distinct(found):
        left_out = _left_out(target, space, longest, allowed, settings) or unavailable(target, settings)
        if left_out:
            skipped.append(left_out)
        else:
            targets.append(target)
    return Plan(
        requested=first,
        targets=tuple(sorted((with_health(target, stats) for target in targets), key=cooling_order)),
        skipped=tuple(skipped),
        preferred=targets[0].model if targets else None,
    )


def _space(target: Target) -> str:
    """The vector space of a model. One that is not configured is a space of its own."""
    return target.facts.vector_space or f"{target.provider}:{target.upstream_model}"


def _left_out(
    target: Target, space: str, longest: int, allowed: Callable[[str], bool], settings: Settings
) -> Skipped | None:
    facts, provider = target.facts, settings.providers.get(target.provider)
    if not allowed(target.model):
        return Skipped.because(target.model, SkipCode.NOT_ALLOWED, "the caller's key does not allow it")
    if _space(target) != space:
        return Skipped.because(target.model, SkipCode.OTHER_VECTOR_SPACE, f"its vectors are not of {space}")
    chats = facts.vector_space is None and target.model in settings.models
    if chats or (provider and provider.in_format(facts.format).settings.format not in FORMATS):
        return Skipped.because(target.model, SkipCode.UNSUPPORTED, "embeddings")
    if facts.context_window is not None and longest > facts.context_window:
        text = f"a text of about {longest} tokens does not fit its window of {facts.context_window}"
        return Skipped.because(target.model, SkipCode.CONTEXT_LENGTH, text)
    return None
