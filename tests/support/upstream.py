"""An OpenAI-compatible server on loopback that gives scripted answers and records its requests."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.loopback import Loopback

CUT = object()
"""Closes the connection before the answer ends."""


@dataclass
class Reply:
    """What to send back. A `body` of text is sent as it is, a list of bytes in pieces, and anything else as JSON.

    `before` is called first, for example to block. A callable between pieces is called at its place.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


def answer(text: str, **usage: Any) -> Reply:
    """A plain chat completion."""
    return Reply(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "fake",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, **usage},
        }
    )


def as_response(chat: dict[str, Any]) -> dict[str, Any]:
    """The same answer in the form of Responses: the text alone."""
    usage, text = chat["usage"], chat["choices"][0]["message"]["content"]
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "error": None,
        "output": [
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content},
        ],
        "usage": {
            "input_tokens": usage["prompt_tokens"],
            "output_tokens": usage["completion_tokens"],
            "total_tokens": usage["total_tokens"],
        },
    }


def embedded(*vectors: Any, tokens: int = 8) -> Reply:
    """An answer with these vectors: lists of numbers, or base64 texts."""
    data = [{"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(vectors)]
    return Reply({"object": "list", "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})


def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
    """An event of a streamed chat completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()


def streamed_reply(*pieces: Any, end: tuple[Any, ...] | None = None, usage: tuple[int, int] = (10, 5)) -> Reply:
    """A streamed chat completion: texts, and events or callables between them. `end` replaces the regular end."""
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    last = f"data: {json.dumps({'choices': [], 'usage': counts})}\n\ndata: [DONE]\n\n".encode()
    body = [chunk({"content": piece}) if isinstance(piece, str) else piece for piece in pieces]
    return Reply(
        [chunk({"role": "assistant", "content": ""}), *body, *((chunk({}, "stop"), last) if end is None else end)]
    )


def calling(*calls: tuple[str | None, str, Any], text: str | None = None) -> Reply:
    """A chat completion that calls tools. Each call has an id, a name, and arguments that are sent unchanged."""
    reply = answer("")
    sent = [{"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls]
    message = {"role": "assistant", "content": text, "tool_calls": sent}
    reply.body["choices"] = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    return reply


def refusal(status: int, code: str = "some_code", **headers: str) -> Reply:
    """An error in OpenAI's form."""
    return Reply({"error": {"message": "No.", "type": code, "code": code, "param": None}}, status, headers)


@dataclass
class Upstream(Loopback):
    """Answers with the scripted replies in turn, then always with `default`."""

    script: list[Reply] = field(default_factory=list)
    default: Reply = field(default_factory=lambda: answer("Hello from upstream."))
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    address: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def handler(self, *connection: Any) -> "_Handler":
        return _Handler(self, *connection)

    @property
    def url(self) -> str:
        """The value of `<PROVIDER>_ENDPOINT`."""
        return f"http://{self.address}:{self.port}/v1"

    def next_reply(self, request: dict[str, Any], headers: dict[str, str], path: str) -> Reply:
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            self.paths.append(path)
            if self.script:
                return self.script.pop(0)
            if path.endswith("/embeddings") and self.default.status == 200:
                return embedded(*([0.5, -0.25] for _ in request["input"]))
            return self.default


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, upstream: Upstream, *arguments: Any) -> None:
        self._upstream = upstream
        super().__init__(*arguments)

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reply = self._upstream.next_reply(
            request, {name.lower(): value for name, value in self.headers.items()}, self.path
        )
        reply.before()
        if isinstance(reply.body, list):
            self._begin(reply, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
            self._send_pieces(reply.body)
        else:
            body = reply.body
            if self.path.endswith("/responses") and isinstance(body, dict) and "choices" in body:
                body = as_response(body)
            payload = (body if isinstance(body, str) else json.dumps(body)).encode()
            self._begin(reply, {"content-type": "application/json", "content-length": str(len(payload))})
            self.wfile.write(payload)

    def _begin(self, reply: Reply, headers: dict[str, str]) -> None:
        self.send_response(reply.status)
        for name, value in {**headers, **reply.headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send_pieces(self, pieces: list[Any]) -> None:
        for piece in pieces:
            if piece is CUT:
                self.close_connection = True
                return
            if callable(piece):
                piece()
            else:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass
