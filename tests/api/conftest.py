"""Two providers of two wire formats, played by servers on loopback."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.upstream import Reply, Upstream
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


@dataclass
class Providers:
    """OpenAI, Gemini and the environment that points at them."""

    openai: Upstream
    gemini: Upstream
    environment: pytest.MonkeyPatch

    def set(self, name: str, value: str | None) -> None:
        """Change the environment as a new deployment would; None removes."""
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
    """Lays YAML over the shipped configuration, as a new deployment would."""

    def lay(text: str) -> None:
        overlay = tmp_path / "own.yaml"
        overlay.write_text(text)
        environment.setenv("AGENTOS_CONFIG", str(overlay))
        rewire()

    return lay


@dataclass
class Chat:
    """A session of an agent that asks OpenAI first and Gemini next."""

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
