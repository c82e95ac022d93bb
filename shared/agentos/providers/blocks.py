"""What wire formats whose messages are lists of blocks share: the system's words, schemas, thoughts before calls."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from agentos.domain import Completion, Message, Prompt, TextPart, ToolCall
from agentos.kernel import json_text
from agentos.providers.tool_calls import result_text, signature, signed

Block = dict[str, Any]

JSON_ALONE = "Answer with one JSON object and nothing else."
"""What is asked for where any JSON will do: structured output takes a schema only."""


CONTINUE = "Continue."
"""What the user is taken to say where the system alone has spoken: the model is to answer with that in mind."""


def text_of(message: Message) -> str:
    """A message's text alone."""
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text for part in message.content if isinstance(part, TextPart))


def system_texts(prompt: Prompt) -> list[str]:
    """Instructions and the system's messages: in the conversation itself they are not taken."""
    texts = [prompt.instructions] if prompt.instructions else []
    texts += [text_of(message) for message in prompt.messages if message.role == "system"]
    wanted = (prompt.parameters.response_format or {}).get("type")
    return [*texts, JSON_ALONE] if wanted == "json_object" else texts


def without_system(messages: Iterable[Message]) -> Iterator[Message]:
    """Every message but the system's. Where the system alone has spoken, the user does in its place: two sides have to
    speak in turn, the user first and last, or the request is a 400."""
    for by_model, run in groupby(messages, key=lambda message: message.role == "assistant"):
        said = [message for message in run if message.role != "system"]
        yield from said if said or by_model else [Message(role="user", content=CONTINUE)]


def output_schema(response_format: dict[str, Any] | None) -> dict[str, Any] | None:
    """The schema in OpenAI's `response_format` with every object closed to further properties: an open one is a 400.

    https://platform.claude.com/docs/en/build-with-claude/structured-outputs (JSON Schema limitations)
    """
    if (response_format or {}).get("type") != "json_schema":
        return None
    schema: dict[str, Any] = _closed(((response_format or {}).get("json_schema") or {}).get("schema") or {})
    return schema or {"type": "object", "additionalProperties": False}


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {"additionalProperties": False} if schema.get("type") == "object" else {}
    return {**{name: _closed(one) for name, one in schema.items()}, **shut}


def bind_thoughts(completion: Completion, kind: str, before: str) -> Completion:
    """The completion with the thoughts that sign its calls bound to all that stood before them, told by its digest.

    Newer models answer 400 to a thought that comes back behind anything but the very same system prompt, tools and
    messages (https://platform.claude.com/docs/en/build-with-claude/preserved-thinking), and a history may be cut or
    an agent changed between two calls. Without its thoughts a call is always taken.
    """
    calls = tuple(
        call.model_copy(update={"signature": signed(kind, f"{before} {thoughts}")}) if thoughts else call
        for call in completion.tool_calls
        for thoughts in [signature(call, kind)]
    )
    return completion.model_copy(update={"tool_calls": calls})


def thoughts_of(call: ToolCall, kind: str, before: str) -> list[dict[str, Any]]:
    """The blocks of thought that led to a call; none where they came from elsewhere or stand behind something else."""
    made, _, thoughts = (signature(call, kind) or "").partition(" ")
    blocks: list[dict[str, Any]] = json_text.parse(thoughts) if made == before else []
    return blocks


def digest(model: str, body: dict[str, Any]) -> str:
    """What tells one beginning of a conversation from another: model, system prompt, tools and messages."""
    tools = body.get("tools") or body.get("toolConfig", {}).get("tools")  # but not which of them must be called
    parts = [body.get("system"), tools, body.get("messages")]
    return hashlib.sha256(json_text.dump([model, *parts]).encode()).hexdigest()[:16]


def answer_blocks(
    message: Message, kind: str, before: str, words: Callable[[str], Block], called: Callable[[ToolCall], Block]
) -> Iterator[Block]:
    """What the model said and called, its thoughts first where they still stand behind what they stood behind."""
    said = [words(text)] if (text := text_of(message)).strip() else []
    for place, call in enumerate(message.tool_calls):
        yield from thoughts_of(call, kind, before)
        yield from () if place else said
        yield called(call)
    if not message.tool_calls:
        yield from said


def results_in_order(said: Sequence[Message], calls: tuple[ToolCall, ...]) -> Iterator[tuple[str, str]]:
    """The id and the result of each call that has one, whatever the order in which the client was done with them."""
    results = {message.tool_call_id: result_text(message) for message in said if message.role == "tool"}
    return ((call.id, text) for call in calls if (text := results.get(call.id)) is not None)


def alternating(
    conversation: Iterable[Message],
    digest: Callable[[list[Block]], str],
    answer: Callable[[Message, str], Iterable[Block]],
    results: Callable[[Sequence[Message], tuple[ToolCall, ...]], Iterable[Block]],
    question: Callable[[Message], Iterable[Block]],
) -> list[Block]:
    """Every message but the system's; what one side says in a row is one message, results first.

    `digest` tells the request up to some message from any other; the last three write one side's blocks.
    """
    encoded: list[Block] = []
    calls: tuple[ToolCall, ...] = ()
    for by_model, run in groupby(without_system(conversation), key=lambda message: message.role == "assistant"):
        said = list(run)
        if by_model:
            calls = said[-1].tool_calls
            before = digest(encoded) if any(message.tool_calls for message in said) else ""
            content = [block for message in said for block in answer(message, before)]
        else:
            content = [*results(said, calls), *(block for message in said for block in question(message))]
        if content:  # an answer that broke off before its first word has none, and nothing is a 400
            encoded.append({"role": "assistant" if by_model else "user", "content": content})
    return encoded
