"""Clients that send messages one after the other in their session, each until it is acknowledged."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.chaos.findings import Findings

GIVE_UP_SECONDS = 120.0
"""Longer than anything may take that is promised, restarts of the host included."""
PAUSE_SECONDS = 0.25
REPEATED = 0.1
"""The share of acknowledged messages that are sent once more under their key."""


@dataclass
class Sent:
    """A message that was acknowledged: what was asked, and the answer that the client got."""

    question: str
    answer: str


@dataclass
class Client:
    """One session and the messages that were sent to it."""

    http: httpx.AsyncClient
    url: str
    agent_id: str
    findings: Findings
    random: random.Random
    sent: list[Sent] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Questions whose background turns ended as failed: no answer to them may be stored, not even later."""
    contradictions: list[str] = field(default_factory=list)
    """Questions to which the same key got another answer."""
    session_id: str = ""
    asked: int = 0
    """How many messages were sent, each counted once."""

    @property
    def path(self) -> str:
        return f"{self.url}/agents/{self.agent_id}/sessions/{self.session_id}"

    async def open(self) -> None:
        """Create the session. Raises RuntimeError if that takes too long."""
        url = f"{self.url}/agents/{self.agent_id}/sessions"
        key = {"idempotency-key": str(uuid.uuid4())}
        response = await self._until(lambda: self.http.post(url, json={}, headers=key), (201,))
        if response is None:
            raise RuntimeError("no session can be created")
        self.session_id = response.json()["sessionId"]

    async def send(self, number: int) -> None:
        """Send one message in one of the three ways, again and again under one key until it is acknowledged."""
        question = f"{self.session_id} {number}"
        body = {"content": question}
        key = str(uuid.uuid4())
        self.asked += 1
        began = time.monotonic()
        kind = self.random.choices(("plain", "stream", "background"), (6, 2, 2))[0]
        send = {"plain": self._plain, "stream": self._stream, "background": self._background}[kind]
        answer = await send(body, key)
        self.findings.took(kind, time.monotonic() - began)
        if answer is None:
            self.findings.given_up.append(question)
        elif answer:
            self.findings.acknowledged += 1
            self.sent.append(Sent(question, answer))
            if kind != "background" and self.random.random() < REPEATED:
                await self._repeat(body, key, answer)
        else:
            self.findings.failed_turns += 1
            self.failed.append(question)

    async def _repeat(self, body: dict[str, str], key: str, answer: str) -> None:
        """The same request has the same answer."""
        again = await self._plain(body, key)
        if again is not None and again != answer:
            self.contradictions.append(body["content"])

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
                if response.status_code != 200:
                    await response.aread()
                self.findings.saw(response)
                async for line in response.aiter_lines():
                    event = json.loads(line[6:]) if line.startswith("data: ") else {}
                    if event.get("finishReason"):
                        return str(event["content"])
                    if "code" in event:
                        self.findings.broke_off(event)
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
                self.findings.codes[f"background turn: {state['error']['code']}"] += 1
                return ""
            await asyncio.sleep(PAUSE_SECONDS)
        return None

    async def _until(self, request: Callable[[], Any], wanted: tuple[int, ...]) -> httpx.Response | None:
        """Repeat a request until it has one of these statuses; None if that takes too long.

        A session counts as locked from the first 409 until a request is sent that gets through. How long that request
        takes is the turn's own time. The table's trouble and a host that is away show nothing. After another death of
        the host a new time begins, because the turn that died with it may be this very request.
        """
        end, locked_since, kills = time.monotonic() + GIVE_UP_SECONDS, None, self.findings.kills
        while time.monotonic() < end:
            sent = time.monotonic()
            try:
                response: httpx.Response = await request()
            except httpx.HTTPError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.findings.saw(response)
            now = time.monotonic()
            if kills != self.findings.kills:
                locked_since, kills = None, self.findings.kills
            if response.status_code == 409:
                locked_since = locked_since or now
                self.findings.longest_lock = max(self.findings.longest_lock, now - locked_since)
            elif response.status_code not in (429, 503):
                if locked_since:
                    self.findings.longest_lock = max(self.findings.longest_lock, sent - locked_since)
                locked_since = None
            if response.status_code in wanted:
                return response
            await asyncio.sleep(_pause_after(response))
        return None


def _pause_after(response: httpx.Response) -> float:
    """Seconds. A table in trouble is given the time that it asks for; a busy session is not, to see when it is free."""
    asked = response.headers.get("retry-after", "0") if response.status_code in (429, 503) else "0"
    return max(PAUSE_SECONDS, float(asked))
