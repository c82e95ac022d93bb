"""What wire formats whose messages are lists of blocks share: system texts, schemas, thoughts before calls."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from agentos.domain import CacheTime, Completion, Message, Prompt, ToolCall
from agentos.kernel import json_text
from agentos.providers.fitting.texts import text_of
from agentos.providers.tool_calls import result_text, signature, signed

Block = dict[str, Any]


def system_texts(prompt: Prompt) -> list[str]:
    """The instructions and the system messages: these formats have one system prompt outside of the conversation."""
    texts = [prompt.instructions] if prompt.instructions else []
    return [*texts, *(text_of(message) for message in prompt.messages if message.role == "system")]


def system_cache(prompt: Prompt) -> list[tuple[str, CacheTime | None]]:
    """The same texts, each with its cache mark."""
    own = [(prompt.instructions, prompt.instructions_cache)] if prompt.instructions else []
    return [*own, *((text_of(message), message.cache) for message in prompt.messages if message.role == "system")]


def without_system(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages of the conversation itself."""
    return (message for message in messages if message.role != "system")


def output_schema(response_format: dict[str, Any] | None) -> dict[str, Any] | None:
    """The schema in OpenAI's `response_format`; without one given, that of an empty object. None for other types."""
    if (response_format or {}).get("type") != "json_schema":
        return None
    schema: dict[str, Any] = ((response_format or {}).get("json_schema") or {}).get("schema") or {}
    return schema or {"type": "object", "additionalProperties": False}


def bind_thoughts(completion: Completion, kind: str, before: str) -> Completion:
    """The completion with the thoughts that sign its calls bound to everything before them, by its digest.

    Newer models answer 400 to a thought that comes back after anything but the same system prompt, tools and messages
    (https://platform.claude.com/docs/en/build-with-claude/preserved-thinking). Between two calls a history may be cut
    or an agent changed. A call without its thoughts is always taken.
    """
    calls = tuple(
        call.model_copy(update={"signature": signed(kind, f"{before} {thoughts}")}) if thoughts else call
        for call in completion.tool_calls
        for thoughts in [signature(call, kind)]
    )
    return completion.model_copy(update={"tool_calls": calls})


def thoughts_of(call: ToolCall, kind: str, before: str) -> list[Block]:
    """The blocks of thought before a call; none if another provider made them or the conversation before differs."""
    made, _, thoughts = (signature(call, kind) or "").partition(" ")
    blocks: list[Block] = json_text.parse(thoughts) if made == before else []
    return blocks


def digest(model: str, body: dict[str, Any]) -> str:
    """A digest of the beginning of a conversation: model, system prompt, tools and messages, without cache marks."""
    tools = body.get("tools") or body.get("toolConfig", {}).get("tools")  # but not the choice among them
    parts = [body.get("system"), tools, body.get("messages")]
    return hashlib.sha256(json_text.dump([model, *parts]).encode()).hexdigest()[:16]


def answer_blocks(
    message: Message,
    kind: str,
    before: str,
    text_block: Callable[[str], Block],
    call_block: Callable[[ToolCall], Block],
) -> Iterator[Block]:
    """An answer's thoughts, text and calls. Thoughts are sent only behind the conversation that they belong to."""
    texts = [text_block(text)] if (text := text_of(message)).strip() else []
    for place, call in enumerate(message.tool_calls):
        yield from thoughts_of(call, kind, before)
        yield from () if place else texts
        yield call_block(call)
    if not message.tool_calls:
        yield from texts


def results_in_order(messages: Sequence[Message], calls: tuple[ToolCall, ...]) -> Iterator[tuple[str, str]]:
    """The id and the result of each call that has one, in the order of the calls."""
    results = {message.tool_call_id: result_text(message) for message in messages if message.role == "tool"}
    return ((call.id, text) for call in calls if (text := results.get(call.id)) is not None)


def cache_of_results(messages: Iterable[Message]) -> CacheTime | None:
    """The cache mark among results, which stand together whatever their order was."""
    marks = [message.cache for message in messages if message.role == "tool" and message.cache]
    return marks[-1] if marks else None


def alternating(
    conversation: Iterable[Message],
    digest: Callable[[list[Block]], str],
    answer: Callable[[Message, str], Iterable[Block]],
    results: Callable[[Sequence[Message], tuple[ToolCall, ...]], Iterable[Block]],
    question: Callable[[Message], Iterable[Block]],
) -> list[Block]:
    """Every message but the system's. Consecutive messages of one side become one message, results first.

    `digest` identifies the conversation before an answer. The last three functions encode one side's blocks.
    """
    encoded: list[Block] = []
    calls: tuple[ToolCall, ...] = ()
    for by_model, run in groupby(without_system(conversation), key=lambda message: message.role == "assistant"):
        messages = list(run)
        if by_model:
            calls = messages[-1].tool_calls
            before = digest(encoded) if any(message.tool_calls for message in messages) else ""
            content = [block for message in messages for block in answer(message, before)]
        else:
            content = [*results(messages, calls), *(block for message in messages for block in question(message))]
        if content:  # an answer that broke off before its first word has none, and an empty message is a 400
            encoded.append({"role": "assistant" if by_model else "user", "content": content})
    return encoded
