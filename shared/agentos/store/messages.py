"""Messages in the table: how one is stored, and how a session's are read.

A message is stored as its JSON, compressed: half the write units, half the read units. A message that is larger than an
item may be has its rest in part items, written in the same transaction. So no answer is too long to be stored.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any, NamedTuple

from agentos.domain import Reply, SentMessage
from agentos.kernel import json_text
from agentos.store import keys
from agentos.store.dynamodb import BATCH_GET_MAX, Table
from agentos.store.items import Item, number, text
from agentos.store.pages import chunks
from agentos.store.reading import item_reader, stored_value

PART_BYTES = 350_000
"""How much compressed JSON an item holds: below DynamoDB's 400 KB with its keys."""

# The JSON around every message, so that a short one is compressed as well as a long one. A stream names its dictionary
# by checksum: change nothing here, or everything that is stored becomes unreadable; add a second one beside it instead.
_DICTIONARY = (
    b'{"messageId":"msg_0","role":"user","content":[{"type":"text","text":"","image_url":{"url":"data:image/png;base64,'
    b'"toolCallId":null,"taskType":null,"priority":null,"metadata":{},"createdAt":"2026-01-01T00:00:00.000Z"}'
    b'{"messageId":"msg_0","role":"assistant","content":"","toolCalls":[{"id":"call_","name":"","arguments":{"'
    b'"toolCalls":[],"finishReason":"tool_calls","state":"requires_action","finishReason":"length",'
    b'"finishReason":"stop","state":"completed","model":"openai:gpt-4o-mini","provider":"openai",'
    b'"usage":{"promptTokens":1,"completionTokens":1,"totalTokens":2,"cachedTokens":0,"costUsd":0.0001,"latencyMs":1},'
    b'"route":{"requested":"openai:gpt-4o-mini","served":"gemini:flash-1.5","rule":null,"experiment":null,'
    b'"fallbackUsed":true,"attempts":[{"model":"openai:gpt-4o-mini","provider":"openai","upstreamModel":"gpt-4o-mini",'
    b'"outcome":"ok","status":200,"latencyMs":1,"notes":[]}],"skipped":[{"model":"gemini:flash-1.5",'
    b'"reason":"not_configured: GEMINI_API_KEY is not set"}]},"createdAt":"2026-01-01T00:00:00.000Z"}'
)

_HEAD = re.compile(r'\{"messageId":"([^"]*)","role":"([a-z]+)"')
_HEAD_BYTES = 200


@dataclass(frozen=True)
class StoredMessage:
    """A message as the table takes it: one item, or several where it is large. `tokens` is its estimated length, `size`
    that of its JSON in bytes."""

    items: tuple[Item, ...]
    tokens: int
    size: int

    @cached_property
    def message(self) -> SentMessage | Reply:
        """The message as it is read, decoded once. Raises Unavailable where it cannot be read."""
        first, *parts = self.items
        return _message(first, parts)


def to_stored(partition: str, sequence: int, message: SentMessage | Reply, tokens: int) -> StoredMessage:
    """The message as the `sequence`th of its session."""
    document = json_text.dump(message.to_json()).encode()
    packed = pack(document)
    parts = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    first: Item = {
        **keys.message(partition, sequence),
        "tokens": number(tokens),
        "jsonBytes": number(len(document)),
        "body": {"B": parts[0]},
    }
    if len(parts) > 1:
        first["parts"] = number(len(parts))
    if signatures := {call.id: call.signature for call in message.tool_calls if call.signature}:
        first["signatures"] = text(signatures)
    rest = [
        {**keys.part(partition, sequence, index), "body": {"B": part}} for index, part in enumerate(parts[1:], start=1)
    ]
    return StoredMessage((first, *rest), tokens, len(document))


def pack(document: bytes) -> bytes:
    """Compressed."""
    packer = zlib.compressobj(9, zdict=_DICTIONARY)
    return packer.compress(document) + packer.flush()


def unpack(packed: bytes) -> bytes:
    """What was packed."""
    unpacker = zlib.decompressobj(zdict=_DICTIONARY)
    return unpacker.decompress(packed) + unpacker.flush()


class MessageHeader(NamedTuple):
    """The first two fields of a message's JSON."""

    message_id: str
    role: str


@item_reader
def header_of(item: Item) -> MessageHeader:
    """The header of an item's message, without decompressing the rest. Both kinds of message begin with it.

    Raises Unavailable where the item cannot be read; so does every reader here.
    """
    begin = zlib.decompressobj(zdict=_DICTIONARY).decompress(item["body"]["B"], _HEAD_BYTES)
    message_id, role = _HEAD.match(begin.decode(errors="ignore")).groups()  # type: ignore[union-attr]
    return MessageHeader(message_id, role)


@item_reader
def part_keys(partition: str, item: Item) -> list[Item]:
    """The keys of a message's part items."""
    return [
        keys.part(partition, keys.sequence_of(item), index)
        for index in range(1, int(item.get("parts", number(1))["N"]))
    ]


@item_reader
def tokens_of(item: Item) -> int:
    """The estimated length of an item's message in tokens."""
    return int(item["tokens"]["N"])


@item_reader
def json_bytes(item: Item) -> int:
    """The length of an item's message as JSON."""
    return int(item["jsonBytes"]["N"])


class Messages:
    """Reads a session's messages, given the session's partition."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def newest(self, partition: str, total: int, count: int) -> list[Item]:
        """The items of the last `count` of `total` messages, in order.

        They are asked for at half the price of a consistent read, and again at the full price where one is missing.
        """
        if not count:
            return []
        between = keys.message_sort(total - count + 1), keys.message_sort(total)
        for consistent in (False, True):
            found = self._range(partition, *between, forward=True, page=count, consistent=consistent)
            items = list(islice(found, count))
            if len(items) == count:
                break
        return items

    def from_either_end(self, partition: str, total: int, after: int | None, page: int, order: str) -> Iterator[Item]:
        """The items of the first `total` messages, from the first on or the last back, or from the one `after`."""
        first, last = keys.message_sort(1), keys.message_sort(total)
        if order == "asc":
            first = first if after is None else keys.message_sort(after + 1)
        elif after is not None:
            last = keys.message_sort(min(after - 1, total))
        if first > last:
            return iter(())
        return self._range(partition, first, last, forward=order == "asc", page=page, consistent=True)

    def between(self, partition: str, first: int, last: int) -> list[Item]:
        """The items of the messages from `first` to `last`, in order. There may be none."""
        if first > last:
            return []
        sorts = keys.message_sort(first), keys.message_sort(last)
        return list(self._range(partition, *sorts, forward=True, page=last - first + 1, consistent=True))

    def read(self, partition: str, items: Sequence[Item]) -> list[SentMessage | Reply]:
        """The messages of these items, their parts fetched."""
        return [_message(item, parts) for item, parts in self._with_parts(partition, items)]

    def stored(self, partition: str, items: Sequence[Item]) -> tuple[StoredMessage, ...]:
        """The messages of these items as they are stored, their parts fetched."""
        return tuple(
            StoredMessage((item, *parts), tokens_of(item), json_bytes(item))
            for item, parts in self._with_parts(partition, items)
        )

    def _with_parts(self, partition: str, items: Sequence[Item]) -> Iterator[tuple[Item, list[Any]]]:
        of_each = [part_keys(partition, item) for item in items]
        wanted = chain.from_iterable(of_each)
        parts = iter([part for chunk in chunks(wanted, BATCH_GET_MAX) for part in self._table.get_many(chunk)])
        return ((item, list(islice(parts, len(own)))) for item, own in zip(items, of_each, strict=True))

    def _range(
        self, partition: str, first: str, last: str, *, forward: bool, page: int, consistent: bool
    ) -> Iterator[Item]:
        return self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {":pk": {"S": partition}, ":first": {"S": first}, ":last": {"S": last}},
            forward=forward,
            page=page,
            consistent=consistent,
        )


@item_reader
def _message(item: Item, parts: Iterable[Any]) -> SentMessage | Reply:
    document = json_text.load(unpack(b"".join(part["body"]["B"] for part in (item, *parts))))
    message: SentMessage | Reply = (
        stored_value(Reply, document) if "route" in document else stored_value(SentMessage, document)
    )
    kept = json_text.load(item["signatures"]["S"]) if "signatures" in item else {}
    signatures = {call_id: signature for call_id, signature in kept.items() if isinstance(signature, str)}
    calls = tuple(call.model_copy(update={"signature": signatures.get(call.id)}) for call in message.tool_calls)
    return message.model_copy(update={"tool_calls": calls}) if calls else message
