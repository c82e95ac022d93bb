"""Two providers of two wire formats, as servers on loopback."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentos import wiring
from tests.support.clock import ShiftedClock
from tests.support.queues import TurnQueue
from tests.support.upstream import Reply, Upstream, answer
from tests.support.wiring import rewire

OPENAI_KEY = "sk-openai-0123456789abcdef"
GEMINI_KEY = "AIza-gemini-0123456789abcdef"


def gemini_answer(text: str) -> Reply:
    """A plain answer of `generateContent`."""
    return Reply(
        {
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10},
        }
    )


class Gate:
    """Holds the upstream's answer until the test releases it."""

    def __init__(self, upstream: Any, text: str = "slow answer") -> None:
        self.reached, self.release = threading.Event(), threading.Event()
        reply = answer(text)
        reply.before = self._wait
        upstream.script.append(reply)

    def _wait(self) -> None:
        self.reached.set()
        assert self.release.wait(60)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as pool:
        yield pool


@pytest.fixture
def queue(environment: pytest.MonkeyPatch, moto_endpoint: str) -> TurnQueue:
    """The queue of background turns; name it before `api`."""
    queue = TurnQueue(moto_endpoint)
    environment.setenv("TURN_QUEUE_URL", queue.url)
    environment.setenv("AWS_ENDPOINT_URL_SQS", moto_endpoint)
    return queue


@pytest.fixture
def clock(api: Any, monkeypatch: pytest.MonkeyPatch) -> ShiftedClock:
    """The time of day that the functions see."""
    shifted = ShiftedClock()
    monkeypatch.setattr(wiring, "clock", lambda: shifted)
    rewire()
    return shifted


@pytest.fixture
def stored(client: Any, table_name: str) -> Callable[[], list[dict[str, Any]]]:
    """All items of the table except for the providers' health and latencies, and the usage of turns."""

    def read() -> list[dict[str, Any]]:
        items = client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"]
        ours = [item for item in items if item["pk"]["S"] != "HEALTH" and "#USAGE#" not in item["pk"]["S"]]
        return sorted(ours, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    return read


def gemini_calling(*calls: tuple[str | None, str, Any]) -> Reply:
    """An answer of `generateContent` that calls tools: an id, a name and arguments for each."""
    reply = gemini_answer("")
    parts = [{"functionCall": {"name": name, "args": args} | ({"id": i} if i else {})} for i, name, args in calls]
    reply.body["candidates"][0]["content"]["parts"] = parts
    return reply


@dataclass
class Providers:
    """OpenAI, Gemini and the environment that points at them."""

    openai: Upstream
    gemini: Upstream
    environment: pytest.MonkeyPatch

    def set(self, name: str, value: str | None) -> None:
        """Change the environment as a new deployment would. None removes a variable."""
        if value is None:
            self.environment.delenv(name, raising=False)
        else:
            self.environment.setenv(name, value)
        rewire()


@pytest.fixture
def providers(environment: pytest.MonkeyPatch) -> Iterator[Providers]:
    with Upstream() as openai, Upstream(default=gemini_answer("Hello from Gemini.")) as gemini:
        environment.setenv("OPENAI_API_KEY", OPENAI_KEY)
        environment.setenv("OPENAI_ENDPOINT", openai.url)
        environment.setenv("GEMINI_API_KEY", GEMINI_KEY)
        environment.setenv("GEMINI_ENDPOINT", gemini.url)
        yield Providers(openai, gemini, environment)


@pytest.fixture
def configure(environment: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Merges YAML over the shipped configuration, as a new deployment would."""

    def lay(text: str) -> None:
        overlay = tmp_path / "own.yaml"
        overlay.write_text(text)
        environment.setenv("AGENTOS_CONFIG", str(overlay))
        rewire()

    return lay


def idle(api: Any, path: dict[str, str]) -> bool:
    return bool(api("get_session", **path).json["state"] == "idle")


def eventually_idle(api: Any, path: dict[str, str]) -> None:
    """The same process gives the lease back in the background, before it would have expired."""
    pause = threading.Event()
    for _ in range(200):
        if idle(api, path):
            return
        pause.wait(0.05)
    raise AssertionError("the session stays busy")


@dataclass
class Chat:
    """A session of an agent with OpenAI as the primary and Gemini as the fallback."""

    api: Any
    agent_id: str
    session_id: str

    def say(self, content: Any = "Hello", **fields: Any) -> Any:
        return self.api.say(self.agent_id, self.session_id, content, **fields)

    def session(self) -> Any:
        return self.api("get_session", agentId=self.agent_id, sessionId=self.session_id).json

    def messages(self) -> Any:
        return self.api("list_messages", query={"limit": "100"}, **self.path).json["data"]

    @property
    def path(self) -> dict[str, str]:
        return {"agentId": self.agent_id, "sessionId": self.session_id}


def chat(api: Any, **config: Any) -> Chat:
    """A new one."""
    agent_id = api.agent(model="openai:gpt-4o-mini", config={"fallbackModel": "gemini:flash-1.5", **config})
    return Chat(api, agent_id, api.session(agent_id))
