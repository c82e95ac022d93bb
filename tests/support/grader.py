"""`llmock serve` as a process: plays OpenAI and Gemini, fails as scripted, and grades whoever called it."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.support.ports import free_port

LLMOCK = Path(sys.executable).with_name("llmock")
START_SECONDS = 60
TIMEOUT = 60

Behaviour = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What OpenAI's side does to a model, and what becomes of a turn that asks it first and Gemini next."""

    name: str
    behaviours: tuple[Behaviour, ...]
    outcomes: tuple[str, ...]
    config: dict[str, Any] = field(default_factory=dict)


def fail(status: int, times: int | None = 1, **more: Any) -> Behaviour:
    return {"type": "fail", "status": status, "times": times, **more}


def delay(seconds: float, times: int | None = 1) -> Behaviour:
    return {"type": "delay", "seconds": seconds, "times": times}


CASES = [  # without a `retry_after` of ours, llmock names one second with 429, 503, 504 and 529
    Case("well", (), ("ok",)),
    Case("waits", (fail(429, retry_after=0.3),), ("rate_limited", "ok")),
    Case("waits-in-vain", (fail(429, 2, retry_after=0.3),), ("rate_limited", "rate_limited", "ok")),
    Case("waits-a-second", (fail(429),), ("rate_limited", "ok")),
    Case("too-long-a-wait", (fail(429, retry_after=300),), ("rate_limited", "ok")),
    Case("overloaded", (fail(529, None, retry_after=60),), ("rate_limited", "ok")),
    Case("overloaded-for-a-moment", (fail(529, retry_after=0.3),), ("rate_limited", "ok")),
    Case("stumbles", (fail(500),), ("server", "ok")),
    Case("broken", (fail(500, None),), ("server", "server", "ok")),
    Case("gateway", (fail(502, 2),), ("server", "server", "ok")),
    Case("unavailable-for-a-second", (fail(503),), ("server", "ok")),
    Case("unavailable-for-a-minute", (fail(503, None, retry_after=60),), ("server", "ok")),
    Case("request-timeout", (fail(408),), ("server", "ok")),
    Case("wrong-key", (fail(401, None),), ("auth", "ok")),
    Case("forbidden", (fail(403, None),), ("auth", "ok")),
    Case("unpaid", (fail(402, None),), ("quota", "ok")),
    Case("no-quota", (fail(429, None, code="insufficient_quota"),), ("quota", "ok")),
    Case("gone", (fail(404, None),), ("model_not_found", "ok")),
    Case("rejected", (fail(422, None),), ("rejected", "ok")),
    Case("bad-request", (fail(400, None),), ("rejected", "ok")),
    Case("slow", (delay(1.5, None),), ("timeout", "ok"), {"timeoutSeconds": 2}),
]


class Grader:
    """Serves while the block runs."""

    def __enter__(self) -> "Grader":
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [LLMOCK, "serve", "-h", "127.0.0.1", "-p", str(port), "--log-level", "error", "--tool-mode", "off"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._client = httpx.Client(base_url=self.url, trust_env=False)
        for _ in range(START_SECONDS * 10):
            try:
                self._client.get("/health").raise_for_status()
                return self
            except httpx.HTTPError:
                time.sleep(0.1)
        self.__exit__(None, None, None)
        raise AssertionError("llmock did not start")

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._client.close()
        self._process.kill()
        self._process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """What makes it OpenAI and Gemini."""
        return {
            "OPENAI_API_KEY": "sk-graded-0123456789",
            "OPENAI_ENDPOINT": f"{self.url}/v1",
            "GEMINI_API_KEY": "AIza-graded-0123456789",
            "GEMINI_ENDPOINT": f"{self.url}/gemini/v1beta",
        }

    def script(self, case: Case) -> str:
        """Queue what is to happen to the case's model; its name."""
        behaviours = [{**behaviour, "match": {"model": case.name}} for behaviour in case.behaviours]
        if behaviours:
            self._client.post("/_llmock/scenario", json={"behaviors": behaviours}).raise_for_status()
        return f"openai:{case.name}"

    def requests(self, expected: int) -> int:
        """How many there have been, once there are so many: one that is hung up on is counted only when it ends."""
        for _ in range(TIMEOUT * 10):
            counted = int(self._client.get("/_llmock/verdict").json()["attempts"])
            if counted >= expected:
                break
            time.sleep(0.1)
        return counted

    def report(self) -> tuple[int, str]:
        """`llmock report`: its exit code and what it says."""
        run = subprocess.run(
            [LLMOCK, "report", "--url", self.url, "--json"], capture_output=True, text=True, timeout=60
        )
        return run.returncode, run.stdout + run.stderr


def findings(report: str) -> list[str]:
    """The codes of what was found in `--json` output."""
    return [str(finding["code"]) for finding in json.loads(report)["findings"]]
