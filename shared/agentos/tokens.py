"""Estimates of length in tokens, for cutting histories and choosing models; never for billing."""

from agentos.domain import Message, TextPart

IMAGE_TOKENS = 1000
"""About what providers count for an image of ordinary size."""

MESSAGE_TOKENS = 4
"""What a message's role and separators take (OpenAI's cookbook on counting tokens)."""


def estimate(message: Message) -> int:
    """About how many tokens a message takes: four bytes of UTF-8 to a token, so that scripts other than Latin
    count more for each character, as they do in every current tokenizer."""
    if isinstance(message.content, str):
        return estimate_text(message.content) + MESSAGE_TOKENS
    parts = (estimate_text(part.text) if isinstance(part, TextPart) else IMAGE_TOKENS for part in message.content)
    return sum(parts) + MESSAGE_TOKENS


def estimate_text(text: str) -> int:
    """About how many tokens a text takes."""
    return -(-len(text.encode()) // 4)
