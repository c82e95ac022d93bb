"""A provider, a DynamoDB and a parameter store in a process of their own, so that their CPU time is not counted.

    /<behaviour>/…        a provider: `ok`, `404`, `503` or `hang`; it streams where the request's JSON says so
    /                     DynamoDB and SSM, by the header `x-amz-target`
    /times/               when each request at a provider came and was answered, since this was last asked
    /keep/                DynamoDB remembers its items as they are now
    /reset/               DynamoDB has those items again

Connections are kept. It prints its port on one line and serves until its process is ended.
"""

import asyncio
import json
import time
from typing import Any

from bench.speed.canned_dynamodb import CannedDynamoDb, checksum

TEXT = "Of three suppliers, ask the one whose parts you have used, and say when you need them. "
WORDS = TEXT.split()
DELTAS = 1000
DELTAS_AT_ONCE = 10
"""Deltas in one write: what a client finds when it reads, while a model of 100 tokens a second answers."""

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": " ".join(WORDS)}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 120, "completion_tokens": 20, "total_tokens": 140},
}
ERRORS = {
    404: {"error": {"message": "no such model", "type": "invalid_request_error", "code": "model_not_found"}},
    503: {"error": {"message": "overloaded", "type": "server_error", "code": None}},
}


def response(status: int, body: bytes, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status} -", f"content-length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunk(event: Any) -> bytes:
    data = b"data: " + (event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def delta(content: str, reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


EMBEDDINGS = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.25] * 8}],
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}
PARAMETERS = {
    "Parameters": [
        {"Name": f"/bench/providers/{name}", "Type": "SecureString", "Value": "bench", "Version": 1}
        for name in ("OPENAI_API_KEY", "GROQ_API_KEY", "GEMINI_API_KEY")
    ]
}
"""What SSM answers when the providers' keys are read, whatever the path."""

JSON = "content-type: application/json"
PROVIDER = {b"ok": response(200, json.dumps(ANSWER).encode(), JSON)}
SSM = response(200, json.dumps(PARAMETERS).encode(), "content-type: application/x-amz-json-1.1")
PROVIDER |= {str(status).encode(): response(status, json.dumps(body).encode(), JSON) for status, body in ERRORS.items()}
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
STREAM_BODY = [
    b"".join(chunk(delta(WORDS[(start + index) % len(WORDS)] + " ")) for index in range(DELTAS_AT_ONCE))
    for start in range(0, DELTAS, DELTAS_AT_ONCE)
]
STREAM_END = b"".join(
    (
        chunk(delta("", "stop")),
        chunk({"choices": [], "usage": ANSWER["usage"]}),
        chunk(b"[DONE]"),
        b"0\r\n\r\n",
    )
)


TIMES: list[tuple[str, int, int]] = []
"""Of each request at a provider: its behaviour, and when it came and was answered (monotonic, nanoseconds)."""


def taken_times() -> list[tuple[str, int, int]]:
    """The times so far, which are forgotten."""
    times = TIMES.copy()
    TIMES.clear()
    return times


class Connection(asyncio.Protocol):
    """One client's connection, request after request."""

    def __init__(self, table: CannedDynamoDb) -> None:
        self._table = table
        self._controls = {b"times": taken_times, b"keep": table.keep, b"reset": table.reset}
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(headers.get(b"content-length", b"0"))
        if not found or len(rest) < length:
            return
        self._data = rest[length:]
        self._answer(head.split(b" ", 2)[1], headers, rest[:length])

    def _answer(self, path: bytes, headers: dict[bytes, bytes], body: bytes) -> None:
        if operation := headers.get(b"x-amz-target"):
            if operation.startswith(b"amazonssm."):
                self._transport.write(SSM)
                return
            # Header values were made lower case; the operations' names are not.
            name = OPERATIONS[operation.rpartition(b".")[2]]
            status, answer = self._table.answer(name, body)
            kind = "content-type: application/x-amz-json-1.0"
            self._transport.write(response(status, answer, kind, f"x-amz-crc32: {checksum(answer)}"))
            return
        behaviour = path.split(b"/")[1]
        if control := self._controls.get(behaviour):
            self._transport.write(response(200, json.dumps(control()).encode(), JSON))
            return
        came = time.monotonic_ns()
        if path.endswith(b"/embeddings"):
            self._transport.write(response(200, json.dumps(EMBEDDINGS).encode(), JSON))
        elif behaviour == b"ok" and b'"stream":true' in body.replace(b" ", b""):
            self._transport.write(STREAM_HEAD)
            # The moment at which the first piece leaves, on the clock that all processes share.
            self._transport.write(chunk(delta(f"{time.monotonic_ns()} ")))
            asyncio.get_running_loop().create_task(self._stream())
        elif behaviour != b"hang":
            self._transport.write(PROVIDER[behaviour])
        TIMES.append((behaviour.decode(), came, time.monotonic_ns()))

    async def _stream(self) -> None:
        for piece in STREAM_BODY:
            await asyncio.sleep(0)
            self._transport.write(piece)
        self._transport.write(STREAM_END)


OPERATIONS = {
    name.lower().encode(): name for name in (method[1:] for method in vars(CannedDynamoDb) if method[1:2].isupper())
}


async def serve() -> None:
    table = CannedDynamoDb()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(table), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
