"""The four wire formats: who plays each, and what a conversation looks like in it by its documentation."""

from dataclasses import dataclass

from tests.conversations.fronts.anthropic import AnthropicFront
from tests.conversations.fronts.bedrock import BedrockFront
from tests.conversations.fronts.front import MODEL, Front
from tests.conversations.fronts.gemini import GeminiFront
from tests.conversations.fronts.openai import OpenAIFront


@dataclass(frozen=True)
class Format:
    """`system_apart`: the system's words stand outside the conversation, which two sides have in turn.

    `addresses`: an image may be given by its address. `max_tokens`: what bounds an answer for which nobody set a bound.
    `unsupported`: parameters that the provider's current models refuse, and that its SDK has no field for any more.
    """

    front: type[Front]
    system_apart: bool = True
    addresses: bool = True
    max_tokens: int | None = None
    unsupported: tuple[str, ...] = ()

    @property
    def provider(self) -> str:
        return self.front.provider

    @property
    def model(self) -> str:
        return f"{self.provider}:{MODEL}"


FORMATS = {
    one.provider: one
    for one in (
        Format(OpenAIFront, system_apart=False),
        Format(GeminiFront),
        Format(AnthropicFront, max_tokens=8192, unsupported=("temperature", "topP")),  # the API demands some bound
        Format(BedrockFront, addresses=False),
    )
}

PRICE = {"input": 1.0, "cachedInput": 0.1, "output": 2.0}
"""USD per million tokens."""

CONFIGURATION = {
    "providers": {"bedrock": {"enabled": True}},
    "models": {
        one.model: {
            "contextWindow": 1_000_000,
            "maxOutputTokens": 64_000,
            "capabilities": ["tools", "images", "structuredOutput"],
            "unsupported": list(one.unsupported),
            "price": PRICE,
        }
        for one in FORMATS.values()
    },
    "routing": {"fallbacks": [], "rules": []},
}
"""Laid over the shipped one: the same model at each provider."""
