"""Compares what is stored with what the clients were told. Every sentence that it returns is a violation."""

import json
from collections.abc import Iterator
from typing import Any

import httpx

from bench.chaos.load import Client
from bench.chaos.provider import answer_to


def violations(client: Client, http: httpx.Client) -> Iterator[str]:
    """What is wrong with one session."""
    session = http.get(client.path).json()
    messages = list(_messages(client, http))
    where = f"session {client.session_id}"
    roles = [message["role"] for message in messages]
    if roles != ["user", "assistant"] * (len(roles) // 2):
        yield f"{where}: the roles do not alternate"
    if session["messageCount"] != len(messages):
        yield f"{where}: messageCount is {session['messageCount']}, and {len(messages)} messages are stored"
    questions = [message["content"] for message in messages if message["role"] == "user"]
    if len(set(questions)) != len(questions):
        yield f"{where}: a message is stored twice"
    yield from _answers(where, messages)
    yield from _acknowledged(where, client, messages)
    yield from _totals(where, session, messages)


def _messages(client: Client, http: httpx.Client) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        query = {"limit": "100", **({"after": after} if after else {})}
        page = http.get(f"{client.path}/messages", params=query).json()
        yield from page["data"]
        if not page["hasMore"]:
            return
        after = page["nextCursor"]


def _answers(where: str, messages: list[dict[str, Any]]) -> Iterator[str]:
    """Each complete answer belongs to its question, and the provider was shown the history as it is stored."""
    shown: list[str] = []
    for message in messages:
        complete = message["role"] == "assistant" and message["state"] != "incomplete"
        if complete and message["content"] != answer_to(shown):
            yield f"{where}: {message['messageId']} is not the answer to the conversation before it"
        shown.append(message["content"])


def _acknowledged(where: str, client: Client, messages: list[dict[str, Any]]) -> Iterator[str]:
    """Every acknowledged answer is stored, in the order of the acknowledgements."""
    stored = [message["content"] for message in messages if message["role"] == "assistant"]
    places = [stored.index(sent.answer) if sent.answer in stored else None for sent in client.sent]
    lost = [sent.question for sent, place in zip(client.sent, places, strict=True) if place is None]
    if lost:
        yield f"{where}: acknowledged and not stored: {lost[:3]}"
    kept = [place for place in places if place is not None]
    if kept != sorted(kept):
        yield f"{where}: the stored order is not the order of the acknowledgements"
    wrong = [sent.question for sent in client.sent if _question_of(sent.answer) != sent.question]
    if wrong:
        yield f"{where}: answered with the answer to another question: {wrong[:3]}"


def _question_of(answer: str) -> str | None:
    """The question that an answer belongs to; None if it is no answer of `provider.answer_to`."""
    try:
        return str(json.loads(answer)["question"])
    except (ValueError, TypeError, KeyError):
        return None


def _totals(where: str, session: dict[str, Any], messages: list[dict[str, Any]]) -> Iterator[str]:
    """The session's token counts are the sum over its replies' attempts."""
    attempts = [
        attempt.get("usage") or {}
        for message in messages
        if message["role"] == "assistant"
        for attempt in message["route"]["attempts"]
    ]
    for name in ("promptTokens", "completionTokens"):
        total = sum(usage.get(name) or 0 for usage in attempts)
        if session["usage"][name] != total:
            yield f"{where}: usage.{name} is {session['usage'][name]}, and the attempts add up to {total}"
