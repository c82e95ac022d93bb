"""A chat server that fails at random. Each answer is JSON that says which question it answers and what it was shown."""

import asyncio
import hashlib
import json
import random
from collections import Counter
from typing import Any

from bench.chaos.wire import Closed, Connection, Message, Server

KINDS = ("unavailable", "limited", "reset", "page", "hang", "cut")
HANG_SECONDS = 20.0
TOKENS_PER_MESSAGE = 10
ANSWER_TOKENS = 7


class ChatServer:
    """Speaks OpenAI's chat completions. `rate` is the probability that a call fails, spread over KINDS."""

    def __init__(self, rate: float, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self.calls = 0
        self.rate = rate
        self._random = random.Random(seed)
        self.server = Server(self._handle)

    async def _handle(self, request: Message, client: Connection) -> None:
        self.calls += 1
        asked = json.loads(request.body)
        fault = self._random.choice(KINDS) if self._random.random() < self.rate else None
        if fault and fault != "cut":
            await self._fail(fault, client)
            return
        text = answer_to([message["content"] for message in asked["messages"]])
        await asyncio.sleep(self._random.uniform(0.0, 0.05))
        pieces = _stream(text, asked) if asked.get("stream") else _halves(_response(200, _completion(text, asked)))
        if fault:
            self.faults[fault] += 1
            await client.send(b"".join(pieces[:2]) if asked.get("stream") else pieces[0])
            raise Closed
        await client.send(b"".join(pieces))

    async def _fail(self, kind: str, client: Connection) -> None:
        self.faults[kind] += 1
        match kind:
            case "unavailable":
                await client.send(_response(503, {"error": {"message": "overloaded"}}))
            case "limited":
                await client.send(_response(429, {"error": {"message": "slow down"}}, {"retry-after": "1"}))
            case "page":
                await client.send(_response(200, "<html>maintenance</html>", {"content-type": "text/html"}))
            case "hang":
                await asyncio.sleep(HANG_SECONDS)
                raise Closed
            case _:
                client.reset()
                raise Closed


def _stream(text: str, asked: dict[str, Any]) -> list[bytes]:
    """The response's head, and each of its chunks."""
    half = len(text) // 2
    chunks: list[dict[str, Any]] = [_chunk({"content": piece}) for piece in (text[:half], text[half:])]
    chunks += [_chunk({}, "stop"), {"choices": [], "usage": _usage(asked)}]
    events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n", b""]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return [head, *(b"%x\r\n%b\r\n" % (len(event), event) for event in events)]


def _halves(data: bytes) -> list[bytes]:
    middle = len(data) - len(data) // 3
    return [data[:middle], data[middle:]]


def answer_to(contents: list[str]) -> str:
    """The answer to a conversation: its last message, the number of messages, and a hash of all of them."""
    digest = hashlib.sha256("\n".join(contents).encode()).hexdigest()[:16]
    return json.dumps({"question": contents[-1], "messages": len(contents), "shown": digest})


def tokens_of(answer: str) -> tuple[int, int]:
    """The prompt's and the answer's tokens, as they were counted for this answer."""
    return TOKENS_PER_MESSAGE * int(json.loads(answer)["messages"]), ANSWER_TOKENS


def _usage(asked: dict[str, Any]) -> dict[str, int]:
    prompt = TOKENS_PER_MESSAGE * len(asked["messages"])
    total = prompt + ANSWER_TOKENS
    return {"prompt_tokens": prompt, "completion_tokens": ANSWER_TOKENS, "total_tokens": total}


def _completion(text: str, asked: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "x", "object": "chat.completion", "choices": [choice], "usage": _usage(asked)}


def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def _response(status: int, body: Any, headers: dict[str, str] | None = None) -> bytes:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Message(f"HTTP/1.1 {status} X", {"content-type": "application/json", **(headers or {})}, data).encoded()
