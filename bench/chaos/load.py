"""Clients that send messages one after the other in their session, each until it is acknowledged."""

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

GIVE_UP_SECONDS = 120.0
PAUSE_SECONDS = 0.3
STATES = ("completed", "failed")


@dataclass
class Sent:
    """A message that was acknowledged: what was asked, and the answer that the client got."""

    question: str
    answer: str


@dataclass
class Findings:
    """What the clients saw."""

    acknowledged: int = 0
    given_up: list[str] = field(default_factory=list)
    failed_turns: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    longest_lock: float = 0.0
    """Seconds for which a session refused a message because another turn held it."""
    longest_background_turn: float = 0.0
    """Seconds from the first request to the turn's end, as the client saw it."""
    latencies: list[float] = field(default_factory=list)


@dataclass
class Client:
    """One session and the messages that were sent to it."""

    http: httpx.AsyncClient
    url: str
    agent_id: str
    findings: Findings
    random: random.Random
    sent: list[Sent] = field(default_factory=list)
    session_id: str = ""

    @property
    def path(self) -> str:
        return f"{self.url}/agents/{self.agent_id}/sessions/{self.session_id}"

    async def open(self) -> None:
        """Create the session."""
        url = f"{self.url}/agents/{self.agent_id}/sessions"
        key = {"idempotency-key": str(uuid.uuid4())}
        response = await self._until(lambda: self.http.post(url, json={}, headers=key), (201,))
        self.session_id = response.json()["sessionId"] if response else ""

    async def send(self, number: int) -> None:
        """Send one message in one of the three ways, again and again under one key until it is acknowledged."""
        question = f"{self.session_id} {number}"
        body = {"content": question}
        key = str(uuid.uuid4())
        began = time.monotonic()
        kind = self.random.choices(("plain", "stream", "background"), (6, 2, 2))[0]
        match kind:
            case "plain":
                answer = await self._plain(body, key)
            case "stream":
                answer = await self._stream(body, key)
            case _:
                answer = await self._background(body, key)
        seconds = time.monotonic() - began
        if kind == "background":
            self.findings.longest_background_turn = max(self.findings.longest_background_turn, seconds)
        self.findings.latencies.append(seconds)
        if answer is None:
            self.findings.given_up.append(question)
        elif answer:
            self.findings.acknowledged += 1
            self.sent.append(Sent(question, answer))

    async def _plain(self, body: dict[str, str], key: str) -> str | None:
        headers = {"idempotency-key": key}
        response = await self._until(
            lambda: self.http.post(f"{self.path}/messages", json=body, headers=headers), (200,)
        )
        return response.json()["content"] if response else None

    async def _stream(self, body: dict[str, str], key: str) -> str | None:
        """A streamed answer; after a broken stream the same request without streaming, which replays or runs again."""
        headers = {"idempotency-key": key}
        try:
            url = f"{self.path}/messages?stream=true"
            async with self.http.stream("POST", url, json=body, headers=headers) as response:
                self.findings.statuses[response.status_code] += 1
                if response.status_code == 200:
                    async for line in response.aiter_lines():
                        if line.startswith("data: ") and (end := json.loads(line[6:])).get("finishReason"):
                            return str(end["content"])
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE_SECONDS)
        return await self._plain(body, key)

    async def _background(self, body: dict[str, str], key: str) -> str | None:
        """Accepted, then polled. "" for a turn that ended as failed."""
        headers = {"idempotency-key": key, "prefer": "respond-async"}
        accepted = await self._until(
            lambda: self.http.post(f"{self.path}/messages", json=body, headers=headers), (202,)
        )
        if accepted is None:
            return None
        turn = f"{self.path}/turns/{accepted.json()['turnId']}"
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            response = await self._until(lambda: self.http.get(turn), (200,))
            state: dict[str, Any] = response.json() if response else {}
            if state.get("state") == "completed":
                return str(state["reply"]["content"])
            if state.get("state") == "failed":
                self.findings.failed_turns += 1
                return ""
            await asyncio.sleep(PAUSE_SECONDS)
        return None

    async def _until(self, request: Callable[[], Any], wanted: tuple[int, ...]) -> httpx.Response | None:
        """Repeat a request until it has one of these statuses; None if that takes too long."""
        end, locked_since = time.monotonic() + GIVE_UP_SECONDS, None
        while time.monotonic() < end:
            try:
                response: httpx.Response = await request()
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.findings.statuses[response.status_code] += 1
            if response.status_code == 409:
                locked_since = locked_since or time.monotonic()
                self.findings.longest_lock = max(self.findings.longest_lock, time.monotonic() - locked_since)
            else:
                locked_since = None
            if response.status_code in wanted:
                return response
            await asyncio.sleep(PAUSE_SECONDS)
        return None
