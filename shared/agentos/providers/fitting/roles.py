"""The order of roles: turns are added where a target demands an order that the conversation does not have."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from agentos.domain import Message, Prompt, RequestLimits
from agentos.providers.fitting.texts import CONTINUE

ACKNOWLEDGED = "I see."
"""The text of an assistant's turn that is added between a tool's result and the user."""

USERS_TURN = Message(role="user", content=CONTINUE)
ASSISTANTS_TURN = Message(role="assistant", content=ACKNOWLEDGED)


def fit_roles(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with roles in an order that is taken."""
    notes: list[str] = []
    messages = list(prompt.messages)
    if not limits.system_anywhere:
        sorted_ = sorted(messages, key=lambda message: message.role != "system")
        if sorted_ != messages:
            notes.append("system messages moved before all others")
        messages = sorted_
    count = len(messages)
    if limits.user_first:
        messages = list(_with_users_between(messages))
    if _needs_user(messages, limits):
        messages.append(USERS_TURN)
    if len(messages) > count:
        notes.append(f"a user's turn added: {CONTINUE}")
    if not limits.user_after_tool:
        count = len(messages)
        messages = list(_with_assistants_between(messages))
        if len(messages) > count:
            notes.append(f"an assistant's turn added between a tool's result and the user: {ACKNOWLEDGED}")
    return (prompt.model_copy(update={"messages": tuple(messages)}) if notes else prompt), tuple(notes)


def _with_users_between(messages: Sequence[Message]) -> Iterator[Message]:
    """The user begins, and speaks wherever the system alone has spoken between two answers."""
    if not messages or messages[0].role == "assistant":
        yield USERS_TURN
    for by_model, run in groupby(messages, key=lambda message: message.role == "assistant"):
        turn = list(run)
        yield from turn
        if not by_model and all(message.role == "system" for message in turn):
            yield USERS_TURN


def _needs_user(messages: Sequence[Message], limits: RequestLimits) -> bool:
    if not messages:
        return True
    speakers = [message.role for message in messages if message.role != "system"]
    if limits.user_last and (not speakers or speakers[-1] == "assistant"):
        return True
    return limits.user_needed and not {"user", "tool"} & set(speakers)


def _with_assistants_between(messages: Sequence[Message]) -> Iterator[Message]:
    before: Message | None = None
    for message in messages:
        if message.role == "user" and before is not None and before.role == "tool":
            yield ASSISTANTS_TURN
        yield message
        before = message
