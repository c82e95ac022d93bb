"""Ids of tool calls: made to fit and to differ, calls and their results alike."""

import hashlib
import re
import string
from collections import deque
from collections.abc import Iterator

from agentos.domain import Message, Prompt, RequestLimits

_ALPHANUMERIC = string.digits + string.ascii_letters


def fit_call_ids(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """Every id matches `limits.tool_call_ids`. No two calls of one answer share an id, or of the whole history
    (`limits.unique_call_ids`). The same history gives the same ids."""
    pattern = re.compile(limits.tool_call_ids)
    seen: dict[str, int] = {}
    sent: set[str] = set()
    open_ids: dict[str, deque[str]] = {}
    """By the id that a result names: the ids that are sent for the calls that it may answer, in their order."""
    messages: list[Message] = []
    replaced = 0
    for message in prompt.messages:
        if message.tool_calls:
            open_ids, calls = {}, []
            if not limits.unique_call_ids:
                seen, sent = {}, set()
            for call in message.tool_calls:
                seen[call.id] = seen.get(call.id, 0) + 1
                fitted = next((one for one in _candidates(call.id, seen[call.id], pattern) if one not in sent), call.id)
                sent.add(fitted)
                open_ids.setdefault(call.id, deque()).append(fitted)
                replaced += fitted != call.id
                calls.append(call if fitted == call.id else call.model_copy(update={"id": fitted}))
            message = message.model_copy(update={"tool_calls": tuple(calls)})
        elif message.role == "tool" and (waiting := open_ids.get(message.tool_call_id or "")):
            message = message.model_copy(update={"tool_call_id": waiting.popleft()})
        messages.append(message)
    if not replaced:
        return prompt, ()
    return prompt.model_copy(update={"messages": tuple(messages)}), (f"{replaced} ids of tool calls replaced",)


def _candidates(call_id: str, occurrence: int, pattern: re.Pattern[str]) -> Iterator[str]:
    """Ids for the `occurrence`th call of this id, the best first; the id itself where nothing else matches."""
    if occurrence == 1 and pattern.fullmatch(call_id):
        yield call_id
    for salt in range(occurrence, occurrence + 1000):
        named = call_id if salt == 1 else f"{call_id} {salt}"
        digest = hashlib.sha256(named.encode(errors="surrogatepass")).digest()
        yield next((one for one in _made(digest) if pattern.fullmatch(one)), call_id)


def _made(digest: bytes) -> Iterator[str]:
    yield f"call_{digest.hex()[:24]}"
    number = int.from_bytes(digest, "big")
    for length in range(40, 0, -1):
        yield "".join(_ALPHANUMERIC[number // 62**place % 62] for place in range(length))
