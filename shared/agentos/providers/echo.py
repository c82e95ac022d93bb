"""A provider without a network: answers with the user's own words. For offline work and demonstrations."""

import re

from agentos.clock import Patience
from agentos.config import Provider
from agentos.domain import Completion, Listen, Message, Prompt, Target, TextPart, TokenCount
from agentos.providers.base import Adapter
from agentos.providers.exchange import Open, Send
from agentos.tokens import estimate


class Echo(Adapter):
    """`echo:` and whatever name."""

    def call(self, provider: Provider, target: Target, prompt: Prompt, send: Send, seconds: float) -> Completion:
        return _answer(prompt)

    def stream(
        self, provider: Provider, target: Target, prompt: Prompt, open_: Open, patience: Patience, listen: Listen
    ) -> Completion:
        """Word by word."""
        completion = _answer(prompt)
        for word in re.findall(r"\S+\s*", completion.text):
            listen(word)
        return completion


def _answer(prompt: Prompt) -> Completion:
    text = f"You said: {_words(prompt.messages[-1])}"
    tokens = TokenCount(prompt=sum(map(estimate, prompt.messages)), completion=len(text) // 4)
    return Completion(text=text, finish_reason="stop", tokens=tokens)


def _words(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(part.text if isinstance(part, TextPart) else "(an image)" for part in message.content)
