"""A small client on httpx: an agent, a session, one answer whole and one as a stream.

python examples/httpx_client.py
"""

import json
import os
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

URL = os.environ.get("AGENTOS_URL", "http://localhost:8080")
Json = dict[str, Any]


class AgentOS:
    """The three calls. Every method raises RuntimeError with the status, code and message of an error."""

    def __init__(self, url: str = URL) -> None:
        self._http = httpx.Client(base_url=url, timeout=httpx.Timeout(60, connect=5))

    def create_agent(self, model: str, **fields: Any) -> str:
        """The path of a new agent."""
        agent = self._post("/agents", {"name": "example", "model": model, **fields})
        return f"/agents/{agent['agentId']}"

    def open_session(self, agent: str) -> str:
        """The path of a new session."""
        return f"{agent}/sessions/{self._post(f'{agent}/sessions', {})['sessionId']}"

    def send(self, session: str, content: str) -> Json:
        """The reply. A broken connection is tried once more with the same key, so the turn still runs only once."""
        path, body, key = f"{session}/messages", {"content": content}, {"Idempotency-Key": str(uuid.uuid4())}
        try:
            return self._post(path, body, key)
        except httpx.TransportError:
            return self._post(path, body, key)

    def stream(self, session: str, content: str) -> Iterator[str]:
        """The answer's text, piece by piece."""
        with self._http.stream("POST", f"{session}/messages?stream=true", json={"content": content}) as answer:
            if answer.is_error:
                answer.read()
            _check(answer)
            for kind, data in _events(answer.iter_lines()):
                if kind == "message.delta":
                    yield data["delta"]
                elif kind == "error":
                    raise RuntimeError(f"{data['code']}: {data['message']}")

    def _post(self, path: str, body: Json, headers: Json | None = None) -> Json:
        answer = self._http.post(path, json=body, headers=headers)
        _check(answer)
        result: Json = answer.json()
        return result


def _check(answer: httpx.Response) -> None:
    if answer.is_error:
        error = answer.json()
        raise RuntimeError(f"{answer.status_code} {error['code']}: {error['message']}")


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Json]]:
    """Server-sent events: the name and the data of each."""
    kind = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            kind = value
        elif field == "data":
            yield kind, json.loads(value)


def main() -> None:
    api = AgentOS()
    agent = api.create_agent("openai:gpt-4o-mini", config={"fallbackModel": "gemini:flash-1.5"})
    session = api.open_session(agent)

    reply = api.send(session, "Which is the largest planet?")
    print(f"{reply['model']}: {reply['content']}")
    for skipped in reply["route"]["skipped"]:
        print(f"  skipped {skipped['model']}: {skipped['reason']}")

    for piece in api.stream(session, "And the smallest?"):
        print(piece, end="", flush=True)
    print()


if __name__ == "__main__":
    main()
