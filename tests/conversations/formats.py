"""The wire formats: who plays each, and what a conversation looks like in it by its documentation."""

from dataclasses import dataclass

from tests.conversations.fakes.anthropic import Anthropic
from tests.conversations.fakes.bedrock import Bedrock
from tests.conversations.fakes.gemini import Gemini
from tests.conversations.fakes.openai import OpenAI
from tests.conversations.fakes.provider import MODEL, FakeProvider
from tests.conversations.fakes.responses import Azure


@dataclass(frozen=True)
class Format:
    """`system_apart`: the system's words stand outside the conversation, which two sides have in turn.

    `addresses`: an image may be given by its address. `max_tokens`: what bounds an answer for which nobody set a bound.
    `unsupported`: parameters that the provider's current models refuse, and that its SDK has no field for any more.
    `least_max_tokens`: the least bound that it takes. `name`: what configuration calls the format, where it is not the
    provider's. `reasoning`: the tokens of thoughts that it counts, None where it says nothing of them. `refusals`: it
    marks a model's own refusal, so that this is an answer and no filter's work.
    """

    fake: type[FakeProvider]
    system_apart: bool = True
    addresses: bool = True
    max_tokens: int | None = None
    least_max_tokens: int = 1
    name: str | None = None
    unsupported: tuple[str, ...] = ()
    reasoning: int | None = None
    refusals: bool = False

    @property
    def provider(self) -> str:
        return self.fake.name

    @property
    def model(self) -> str:
        return f"{self.provider}:{MODEL}"


FORMATS = {
    one.provider: one
    for one in (
        Format(OpenAI, system_apart=False, reasoning=0, refusals=True),
        Format(
            Azure,
            system_apart=False,
            reasoning=0,
            refusals=True,
            least_max_tokens=16,
            unsupported=("stop",),
            name="openai-responses",
        ),
        Format(Gemini),
        Format(Anthropic, max_tokens=8192, unsupported=("temperature", "topP")),  # the API demands some bound
        Format(Bedrock, addresses=False),
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
            "format": one.name,
            "price": PRICE,
        }
        for one in FORMATS.values()
    },
    "routing": {"fallbacks": [], "rules": []},
}
"""Laid over the shipped one: the same model at each provider."""
