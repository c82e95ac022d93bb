"""The messages of one turn: as they are stored, and which tool calls they leave open."""

from collections.abc import Iterator, Sequence

from agentos.domain import Message, SentMessage
from agentos.domain.history import Turns, extended
from agentos.domain.requests import EarlierAnswer, NewMessage, Sent, ToolResult
from agentos.kernel.errors import ToolCallNotOpen, ToolResultsPending
from agentos.kernel.ids import new_id


def to_sent(message: Sent, created_at: str) -> SentMessage:
    """A client's message as it is stored."""
    return SentMessage(
        message_id=new_id("msg"),
        role=message.role,
        content=message.content,
        tool_call_id=message.tool_call_id if isinstance(message, ToolResult) else None,
        tool_calls=message.tool_calls if isinstance(message, EarlierAnswer) else (),
        task_type=message.task_type if isinstance(message, NewMessage) else None,
        priority=message.priority if isinstance(message, NewMessage) else None,
        metadata={} if isinstance(message, EarlierAnswer) else message.metadata,
        created_at=created_at,
    )


def asked_of(message: SentMessage) -> Message:
    """A client's message as a provider is told it."""
    return Message(
        role=message.role,
        content=message.content,
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
    )


def remaining_calls(open_calls: tuple[str, ...], messages: Sequence[Sent]) -> tuple[str, ...]:
    """The calls that still wait for results. Raises ToolResultsPending, ToolCallNotOpen."""
    left = list(open_calls)
    for message in messages:
        if isinstance(message, ToolResult):
            if message.tool_call_id not in left:
                raise ToolCallNotOpen(
                    f"The tool call {message.tool_call_id!r:.100} does not wait for a result.", {"toolCallIds": left}
                )
            left.remove(message.tool_call_id)
        elif left:
            raise pending(left)
        elif isinstance(message, EarlierAnswer):
            left = [call.id for call in message.tool_calls]
    return tuple(left)


def pending(calls: Sequence[str]) -> ToolResultsPending:
    """The error of a request that leaves these calls without results."""
    return ToolResultsPending(
        "The model waits for the results of its tool calls. Send one for each (role tool), even if the tool was"
        " not called.",
        {"toolCallIds": list(calls)},
    )


def turns_with(turns: Turns, added: Sequence[tuple[str, int]], *, open_turn: bool) -> tuple[tuple[int, ...], ...]:
    """The lengths of a session's turns with messages added, each a role and its tokens.

    `open_turn`: calls wait for results, so that the messages belong to the last turn. A history of several turns that
    a client brings along is divided where its user speaks.
    """
    result = tuple(map(tuple, turns))
    for (_, tokens), begins in zip(added, _beginnings([role for role, _ in added], open_turn), strict=True):
        result = extended(result, [tokens], new_turn=begins)
    return result


def _beginnings(roles: Sequence[str], open_turn: bool) -> Iterator[bool]:
    """Whether each message begins a turn."""
    client = ("user", "system")
    for index, role in enumerate(roles):
        if index == 0:
            yield not open_turn
        else:
            yield role in client and roles[index - 1] not in client
