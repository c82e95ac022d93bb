"""Where a provider shall remember a prompt: marks up to which it keeps the prompt in its cache.

A client's own marks win. Without any, and unless `promptCache` is off, the end of what every turn begins with is marked
(tools and system), and the last two ends of the user's side: the last one is written for the next turn, the one before
it is what the last turn wrote. https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from agentos.domain import CacheTime, Message, ModelFacts, Prompt, RequestLimits
from agentos.domain.token_estimates import estimate_prompt

LEAST_TOKENS = 1024
"""No model keeps a shorter prompt; some keep none of fewer than 4096 tokens."""

Place = str | int
"""What a mark ends: a message, by its index, or what stands before all messages, by the field of its mark."""

OUTSIDE: tuple[str, ...] = ("tools_cache", "instructions_cache")
"""Marks of a prompt that are not a message's. In a request they stand before those of messages."""


def fit_cache_marks(prompt: Prompt, facts: ModelFacts, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with as many marks as are taken, the last ones of a client's own."""
    places = list(_marked(prompt))
    if places:
        kept = places[len(places) - limits.cache_marks :] if len(places) > limits.cache_marks else places
        if kept == places:
            return prompt, ()
        note = f"{len(places) - len(kept)} of {len(places)} cache marks left out: {limits.cache_marks} are taken"
        return _with_marks(prompt, {place: _mark(prompt, place) for place in kept}), (note,)
    if prompt.parameters.prompt_cache == "off" or not limits.cache_marks or not _priced(facts):
        return prompt, ()
    if estimate_prompt(prompt) < LEAST_TOKENS:
        return prompt, ()
    chosen = list(_automatic(prompt))[-limits.cache_marks :]
    return _with_marks(prompt, dict.fromkeys(chosen, "5m")), ()


def without_marks(prompt: Prompt) -> Prompt:
    """The prompt as if nothing of it were marked."""
    return _with_marks(prompt, {}) if next(_marked(prompt), None) is not None else prompt


def _priced(facts: ModelFacts) -> bool:
    """Whether marks leave the call's cost known: a price without a rate for written tokens would make it unknown."""
    return all(price.cache_write is not None for price in facts.price)


def _automatic(prompt: Prompt) -> Iterator[Place]:
    systems = [index for index, message in enumerate(prompt.messages) if message.role == "system"]
    if systems:
        yield systems[-1]
    elif prompt.instructions:
        yield "instructions_cache"
    elif prompt.tools:
        yield "tools_cache"
    if prompt.grows:
        yield from _ends(prompt.messages)[-2:]


def _ends(messages: tuple[Message, ...]) -> list[int]:
    """The places of the last messages of the user's side, tools' results included: before each answer, at the end."""
    said = [index for index, message in enumerate(messages) if message.role != "system"]
    following = {index: messages[after].role for index, after in pairwise(said)}
    return [
        index
        for index in said
        if messages[index].role != "assistant" and following.get(index, "assistant") == "assistant"
    ]


def _marked(prompt: Prompt) -> Iterator[Place]:
    """The places of the marks, in the order of a request: tools, instructions, system messages, all others."""
    yield from (name for name in OUTSIDE if getattr(prompt, name))
    marked = [index for index, message in enumerate(prompt.messages) if message.cache]
    yield from sorted(marked, key=lambda index: prompt.messages[index].role != "system")


def _mark(prompt: Prompt, place: Place) -> CacheTime | None:
    return getattr(prompt, place) if isinstance(place, str) else prompt.messages[place].cache


def _with_marks(prompt: Prompt, marks: Mapping[Place, CacheTime | None]) -> Prompt:
    messages = tuple(
        message if message.cache == marks.get(index) else message.model_copy(update={"cache": marks.get(index)})
        for index, message in enumerate(prompt.messages)
    )
    return prompt.model_copy(update={"messages": messages, **{name: marks.get(name) for name in OUTSIDE}})
