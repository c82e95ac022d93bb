"""Tries a stack out after its deployment: its health, then one message if a provider can answer it."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from tools.callers_key import headers_of

ATTEMPTS = 10
PAUSE_SECONDS = 3.0
"""A new stage may take some seconds to answer everywhere."""
MESSAGE_SECONDS = 60.0
CONTENT = "Answer with one word: does this work?"
CLOSED = {401: "AGENTOS_KEY has no key or token", 404: "the stack takes signed requests alone"}
"""What the statuses mean with which a stack answers somebody without a key."""
NO_PROVIDER = "no provider has a key. Put one into .env, then run `make secrets`"


class SmokeError(Exception):
    """The stack does not work. The text says what it answered."""


def health(client: httpx.Client, pause: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    """What `GET /health` says. Raises SmokeError if it is no 200 after several attempts."""
    last = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(PAUSE_SECONDS)
        try:
            response = client.get("health")
        except httpx.TransportError as error:
            last = f"{type(error).__name__}: {error}"
            continue
        if response.status_code == httpx.codes.OK:
            found: dict[str, Any] = response.json()
            return found
        last = f"{response.status_code} {response.text}"
    raise SmokeError(f"GET {client.base_url}health: {last}")


def model_to_try(providers: dict[str, Any]) -> str:
    """A model of a provider that can be used; empty if there is none. `providers`: what `GET /providers` answers."""
    for entry in providers["data"]:
        if entry["status"] == "available" and entry["models"]:
            return str(entry["models"][0]["model"])
    return ""


def message(client: httpx.Client, model: str) -> str:
    """Send one message to a new agent, delete the agent, and return which model answered. Raises SmokeError."""
    agent = _ok(client.post("agents", json={"name": "smoke-test", "model": model}))["agentId"]
    try:
        session = _ok(client.post(f"agents/{agent}/sessions"))["sessionId"]
        path = f"agents/{agent}/sessions/{session}/messages"
        reply = _ok(client.post(path, json={"role": "user", "content": CONTENT}, timeout=MESSAGE_SECONDS))
    finally:
        client.delete(f"agents/{agent}")
    return str(reply["model"])


def _ok(response: httpx.Response) -> dict[str, Any]:
    if not response.is_success:
        raise SmokeError(f"{response.request.method} {response.url}: {response.status_code} {response.text}")
    found: dict[str, Any] = response.json()
    return found


def run(url: str, key: str | None = None, pause: Callable[[float], None] = time.sleep) -> list[str]:
    """One line for each thing that was tried, with `key` where the stack asks for one. Raises SmokeError."""
    with httpx.Client(base_url=f"{url}/", headers=headers_of(key), timeout=MESSAGE_SECONDS) as client:
        try:
            found = health(client, pause)
            lines = [f"GET /health says {found['status']}, version {found['version']}."]
            providers = client.get("providers")
            if not key and providers.status_code in CLOSED:
                return [*lines, f"No message was sent, because {CLOSED[providers.status_code]}."]
            model = model_to_try(_ok(providers))
            if not model:
                return [*lines, f"No message was sent, because {NO_PROVIDER}."]
            return [*lines, f"A message was answered by {message(client, model)}."]
        except httpx.TransportError as error:
            raise SmokeError(f"{url}: {type(error).__name__}: {error}") from None
