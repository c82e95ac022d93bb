"""What a provider has of a session's next prompt in its cache, as far as the last answer tells."""

from collections.abc import Sequence

from agentos.domain import CachedPrefix, ModelFacts, Reply, SentMessage
from agentos.domain.prices import moment, price_at
from agentos.kernel.clock import epoch

LIFETIME_SECONDS = 300
"""How long a prompt stays in a cache at least, from its last use on.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching, https://platform.openai.com/docs/guides/prompt-caching
"""

LEAST_TOKENS = 1024
"""Shorter prompts are not cached."""


def cached_prefix(
    history: Sequence[SentMessage | Reply], facts: ModelFacts, marked: bool, now: float
) -> CachedPrefix | None:
    """What the model of the last answer, with these facts, has of the prompt; None where that is nothing.

    `marked`: its cache holds what was marked, as its usage says; others keep every long prompt. `now`: epoch seconds.
    """
    last = last_reply(history)
    if last is None or now - epoch(last.created_at) > LIFETIME_SECONDS:
        return None
    usage, price = last.usage, price_at(facts.price, moment(now))
    tokens = (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0) if marked else usage.prompt_tokens or 0
    if price is None or price.cached_input is None or tokens < LEAST_TOKENS:
        return None
    return CachedPrefix(last.model, tokens)


def last_reply(history: Sequence[SentMessage | Reply]) -> Reply | None:
    """The last answer of a session that a provider gave."""
    return next((message for message in reversed(history) if isinstance(message, Reply)), None)
