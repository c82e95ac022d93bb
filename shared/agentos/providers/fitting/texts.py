"""Texts: nothing that says nothing is sent, and where no lists are taken, texts become one string."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from agentos.domain import Message, Prompt, RequestLimits, TextPart

CONTINUE = "Continue."
"""The text of a user's turn that is added where the user must speak: it asks the model to go on."""


def text_of(message: Message) -> str:
    """A message's text alone."""
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))


def fit_texts(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """Without blank instructions, blank parts, and messages of which then nothing is left.

    What only white space says is kept for the user where the target takes it (`limits.blank_texts`).
    """
    notes: list[str] = []
    changes: dict[str, Any] = {}
    if prompt.instructions is not None and not prompt.instructions.strip():
        changes["instructions"] = None
        if prompt.instructions:
            notes.append("blank instructions left out")
    messages = [_without_blank_parts(message) for message in prompt.messages]
    fitted = _without_blank_messages(messages, limits)
    if fitted != list(prompt.messages):
        notes.append("blank texts left out")
    if not limits.text_parts:
        strings = [_one_string(message) for message in fitted]
        if strings != fitted:
            fitted = strings
            notes.append("parts of text joined to one string")
    if tuple(fitted) != prompt.messages:
        changes["messages"] = tuple(fitted)
    return (prompt.model_copy(update=changes) if changes else prompt), tuple(notes)


def _without_blank_parts(message: Message) -> Message:
    """Empty content where no part is left."""
    if isinstance(message.content, str) or message.role == "tool":
        return message
    parts = tuple(part for part in message.content if not isinstance(part, TextPart) or part.text.strip())
    if len(parts) == len(message.content):
        return message
    if not parts:
        return message.model_copy(update={"content": text_of(message)})
    return message.model_copy(update={"content": parts})


def _without_blank_messages(messages: Sequence[Message], limits: RequestLimits) -> list[Message]:
    fitted: list[Message] = []
    for by_model, run in groupby(messages, key=lambda message: message.role == "assistant"):
        turn = list(run)
        kept = [message for message in turn if not _is_blank(message, limits)]
        if not (kept or by_model) and any(message.role == "user" for message in turn):
            kept = [Message(role="user", content=CONTINUE)]
        fitted += kept
    return fitted


def _is_blank(message: Message, limits: RequestLimits) -> bool:
    if message.role == "tool" or message.tool_calls or not isinstance(message.content, str):
        return False
    if message.role == "user" and limits.blank_texts:
        return False
    return not message.content.strip()


def _one_string(message: Message) -> Message:
    if isinstance(message.content, str) or message.role == "tool" or not _all_text(message.content):
        return message
    return message.model_copy(update={"content": text_of(message)})


def _all_text(parts: Iterable[object]) -> bool:
    return all(isinstance(part, TextPart) for part in parts)
