"""An OpenAI-compatible server on loopback that answers as it is told and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What to send back; a `body` that is not text goes out as JSON. `before` runs first (to block, say)."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


def answer(text: str, **usage: int) -> Reply:
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


def calling(*calls: tuple[str | None, str, Any], text: str | None = None) -> Reply:
    """A chat completion that calls tools: an id, a name and arguments (as they are to be sent) for each."""
    reply = answer("")
    sent = [{"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls]
    message = {"role": "assistant", "content": text, "tool_calls": sent}
    reply.body["choices"] = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    return reply


def refusal(status: int, code: str = "some_code", **headers: str) -> Reply:
    """An error in OpenAI's form."""
    return Reply({"error": {"message": "No.", "type": code, "code": code, "param": None}}, status, headers)


@dataclass
class Upstream:
    """Answers with the scripted replies in turn, then with `default` for ever."""

    script: list[Reply] = field(default_factory=list)
    default: Reply = field(default_factory=lambda: answer("Hello from upstream."))
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    address: str = "127.0.0.1"

    def __enter__(self) -> "Upstream":
        lock = threading.Lock()
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    upstream.requests.append(body)
                    upstream.headers.append({name.lower(): value for name, value in self.headers.items()})
                    reply = upstream.script.pop(0) if upstream.script else upstream.default
                reply.before()
                payload = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                self.send_response(reply.status)
                for name, value in {"content-type": "application/json", **reply.headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("content-length", str(len(payload.encode())))
                self.end_headers()
                self.wfile.write(payload.encode())

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that hangs up is part of the tests

        self._server = Server((self.address, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What goes into `<PROVIDER>_ENDPOINT`."""
        return f"http://{self.address}:{self._server.server_address[1]}/v1"
