"""A provider without a network that repeats the user's text: for offline work and demonstrations."""

import re

from agentos.domain import (
    AnswerListener,
    AudioPart,
    Completion,
    FilePart,
    Message,
    Part,
    Prompt,
    Target,
    TextPart,
    TokenCount,
)
from agentos.domain.token_estimates import estimate
from agentos.kernel.clock import Timeouts
from agentos.providers.adapter import Adapter
from agentos.providers.transport import OpenResponse, SendRequest
from agentos.settings.provider import Provider


class Echo(Adapter):
    """`echo:` with any model name."""

    def call(self, provider: Provider, target: Target, prompt: Prompt, send: SendRequest, seconds: float) -> Completion:
        return _answer(prompt)

    def stream(
        self,
        provider: Provider,
        target: Target,
        prompt: Prompt,
        open_: OpenResponse,
        timeouts: Timeouts,
        listen: AnswerListener,
    ) -> Completion:
        """The answer, word by word."""
        completion = _answer(prompt)
        for word in re.findall(r"\S+\s*", completion.text):
            listen.on_text(word)
        return completion


def _answer(prompt: Prompt) -> Completion:
    text = f"You said: {_text(prompt.messages[-1])}"
    tokens = TokenCount(prompt=sum(map(estimate, prompt.messages)), completion=len(text) // 4)
    return Completion(text=text, finish_reason="stop", tokens=tokens)


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(map(_described, message.content))


def _described(part: Part) -> str:
    """A text as it is; of anything else what it is."""
    match part:
        case TextPart():
            return part.text
        case FilePart():
            return "(a file)"
        case AudioPart():
            return "(audio)"
        case _:
            return "(an image)"
