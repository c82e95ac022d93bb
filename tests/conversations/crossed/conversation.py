"""A conversation as data: what a client sends, and what models answer.

Answers name a tool by its place among those that a provider was offered: a name may have been changed on the way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from tests.support.gateway import ROOT

Body = dict[str, Any]

MODELS: dict[str, tuple[str, ...]] = {
    "openai": ("gpt-4o-mini", "gpt-5.4-mini", "gpt-6-luna"),
    "azure-openai": ("gpt-6-luna",),
    "gemini": ("flash-1.5", "gemini-3.8-flash"),
    "anthropic": ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-haiku-4-5"),
    "bedrock": ("claude-haiku-4-5", "claude-sonnet-5-5", "nova-2-lite"),
    "deepseek": ("deepseek-flash", "deepseek-v4-pro"),
    "mistral": ("mistral-small-latest", "codestral-latest"),
    "openrouter": ("google/gemini-3.8-flash", "openai/gpt-oss-120b"),
    "glm4": ("glm-5.3-flash", "glm-5.3"),
    "groq": ("qwen/qwen3.8-27b", "llama3-70b"),
    "ollama": ("qwen3-vl:8b", "gpt-oss:20b"),
}
"""The models of each provider that are asked, the first of them unless a conversation says otherwise."""

HOSTED = {"google": "gemini-3.8-flash", "together": "deepseek-ai/DeepSeek-V4.1-Flash"}
"""Models at other hosts that need the thoughts of their calls back. A conversation may begin there."""

SIMULATED = "simulated"
"""A simulated outage: our own header causes it, and no call is made."""


@dataclass(frozen=True)
class Called:
    """A call that the model makes: of which tool, with which id where the provider lets a model choose it."""

    tool: int = 0
    id: str = "call_1"
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Says:
    """What a model answers. `starved`: its tokens ran out before its first word."""

    text: str = "Well."
    calls: tuple[Called, ...] = ()
    refused: bool = False
    starved: bool = False


@dataclass(frozen=True)
class Round:
    """What a client posts, and what the model answers. `content` None: the results of the calls that are open."""

    content: Any
    answer: Says = Says()
    role: str = "user"
    results: tuple[Any, ...] = ("Done.",)


@dataclass(frozen=True)
class Conversation:
    """A session: some rounds that the first provider answers, one that it does not, and perhaps one when it is back.

    `models`: which of a provider's models is asked, where it is not its first.
    """

    before: tuple[Round, ...] = ()
    then: Round = Round("And now?")
    back: Round | None = None
    tools: tuple[Body, ...] = ()
    config: Body = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    streamed: bool = False
    outage: str = SIMULATED

    def model(self, provider: str) -> str:
        return model_of(provider, self.models)


def model_of(provider: str, models: Mapping[str, str]) -> str:
    """As it is written."""
    return f"{provider}:{models.get(provider) or HOSTED.get(provider) or MODELS[provider][0]}"


@cache
def _shipped() -> Body:
    document: Body = yaml.safe_load((ROOT / "config" / "default.yaml").read_text())
    return document


def upstream(model: str) -> str:
    """What a provider calls its model, by the shipped configuration."""
    facts = _shipped()["models"].get(model) or {}
    return str(facts.get("upstream") or model.partition(":")[2])
