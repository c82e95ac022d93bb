"""What prompt caches save over a session of 20 turns, by the configured prices: `make prompt-cache`.

Nobody is asked. Each turn's request is made as it is for a provider, with its cache marks. A model of the providers'
caches counts what of it would be read, written or taken anew: Anthropic's and Bedrock's keep a prompt up to each mark,
the others keep all of a prompt that begins as an earlier one. A token is taken to be four bytes. Every turn comes
within the time that caches last. https://platform.claude.com/docs/en/build-with-claude/prompt-caching,
https://platform.openai.com/docs/guides/prompt-caching
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from agentos.domain import Message, ModelFacts, Prompt, TokenCount
from agentos.domain.prices import cost, price_at
from agentos.kernel import json_text
from agentos.providers.adapter import HttpAdapter
from agentos.providers.fitting.fit import fit
from agentos.providers.limits import limits_of
from agentos.providers.registry import adapter
from agentos.settings.loading import Settings, load_settings
from bench.prose import prose

TURNS = 20
INSTRUCTIONS_BYTES, QUESTION_BYTES, ANSWER_BYTES = 12_000, 800, 1_600
MODELS = (
    "anthropic:claude-haiku-5-5",
    "anthropic:claude-sonnet-5-5",
    "anthropic:claude-opus-5-5",
    "bedrock:claude-haiku-4-5",
    "openai:gpt-6-luna",
    "openai:gpt-4o-mini",
    "gemini:flash-1.5",
    "deepseek:deepseek-v4-pro",
)
WHEN = datetime(2026, 11, 27, 12, tzinfo=UTC)
LEAST_TOKENS = 1024
"""Shorter prefixes are not kept."""

MARKS = ("cache_control", "cachePoint")


@dataclass
class Cache:
    """A provider's: the prefixes that it keeps, as JSON."""

    marked: bool
    kept: set[str] = field(default_factory=set)

    def count(self, pieces: list[tuple[str, bool]]) -> TokenCount:
        """What of a prompt is read and what is written. `pieces`: its texts in order, and whether each is marked."""
        read = written = 0
        before, ends = "", []
        for text, mark in pieces:
            before += text
            ends.append((before, mark or not self.marked))
        usable = [end for end, mark in ends if mark and tokens(end) >= LEAST_TOKENS]
        for end in usable:
            read = max(read, tokens(end) if end in self.kept else 0)
            written = tokens(end)
        self.kept.update(usable)
        return TokenCount(prompt=tokens(before), cached=read, cache_write=max(0, written - read))


def tokens(text: str) -> int:
    return len(text.encode()) // 4


def pieces_of(body: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The texts of a request in the order in which a provider reads them, and whether a mark follows each."""
    system = body.get("system") or body.get("systemInstruction") or []
    blocks = list(system) if isinstance(system, list) else [system]
    for message in body.get("messages") or body.get("contents") or []:
        content = message.get("content") or message.get("parts")
        blocks += content if isinstance(content, list) else [content]
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if isinstance(block, dict) and MARKS[1] in block:
            continue
        marked = isinstance(block, dict) and MARKS[0] in block
        marked = marked or (isinstance(after, dict) and MARKS[1] in after)
        plain = {k: v for k, v in block.items() if k != MARKS[0]} if isinstance(block, dict) else block
        yield json_text.dump(plain), marked


@dataclass(frozen=True)
class Bill:
    """What a session costs in USD, with and without caches, and its tokens."""

    usd: Decimal
    uncached_usd: Decimal
    tokens: TokenCount


def session(settings: Settings, model: str) -> Bill:
    """A session of `TURNS` turns."""
    target = settings.target(model, "")
    provider = settings.providers[target.provider]
    limits = limits_of(provider, target.facts)
    made = adapter(provider.settings.format)
    assert isinstance(made, HttpAdapter)
    cache = Cache(marked=limits.cache_marks > 0)
    instructions = "\n".join(prose(1_500, 1000 + part) for part in range(INSTRUCTIONS_BYTES // 1_500))
    said: list[Message] = []
    bill = Bill(Decimal(), Decimal(), TokenCount(prompt=0, completion=0))
    for turn in range(TURNS):
        said.append(Message(role="user", content=prose(QUESTION_BYTES, turn)))
        prompt = Prompt(messages=tuple(said), instructions=instructions)
        body = made.encode(provider, target, fit(prompt, target.facts, limits).prompt)
        used = _priced(cache.count(list(pieces_of(body))), target.facts)
        said.append(Message(role="assistant", content=prose(ANSWER_BYTES, 2000 + turn)))
        anew = used.model_copy(update={"cached": 0, "cache_write": 0})
        usd, uncached = (cost(target.facts.price, one, WHEN) for one in (used, anew))
        assert usd is not None, f"{model} has no price"
        assert uncached is not None
        bill = Bill(bill.usd + usd, bill.uncached_usd + uncached, _sum(bill.tokens, used))
    return bill


def _priced(used: TokenCount, facts: ModelFacts) -> TokenCount:
    """With an answer; what a model writes to its cache without a rate of its own costs as much as any other."""
    price = price_at(facts.price, WHEN)
    written = used.cache_write if price and price.cache_write is not None else 0
    return used.model_copy(update={"completion": ANSWER_BYTES // 4, "cache_write": written})


def _sum(one: TokenCount, other: TokenCount) -> TokenCount:
    names = ("prompt", "completion", "cached", "cache_write")
    return TokenCount(**{name: getattr(one, name) + getattr(other, name) for name in names})


def table(settings: Settings | None = None) -> str:
    """The Markdown table."""
    known = settings or load_settings({"AWS_REGION": "eu-west-1"})
    lines = [
        "| model | prompt tokens | read from the cache | written | without caches | with | saved |",
        "|---|---|---|---|---|---|---|",
    ]
    for model in MODELS:
        bill = session(known, model)
        total, before, usd = bill.tokens, bill.uncached_usd, bill.usd
        saved = (before - usd) / before * 100
        lines.append(
            f"| `{model}` | {total.prompt:,} | {total.cached:,} | {total.cache_write:,} | ${before:.4f} | ${usd:.4f} |"
            f" {saved:.0f}% |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
