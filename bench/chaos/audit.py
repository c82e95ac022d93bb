"""Compares what is stored with what the clients were told. Every sentence that it returns is a violation."""

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import httpx

from bench.chaos.load import Client
from bench.chaos.provider import answer_to, tokens_of

SETTLE_SECONDS = 60.0
"""Longer than a turn whose client has left may take."""

Stored = dict[str, Any]
"""A message as the API returns it."""


def violations(client: Client, http: httpx.Client, settle_seconds: float = SETTLE_SECONDS) -> Iterator[str]:
    """What is wrong with one session of a client that reads its answers."""
    session, messages = _session(client, http, settle_seconds)
    for sentence in (
        *_structure(session, messages),
        *_answers(messages),
        *_acknowledged(client, messages),
        *_usage(session, messages),
    ):
        yield f"session {client.session_id}: {sentence}"


def violations_unread(client: Client, http: httpx.Client, settle_seconds: float = SETTLE_SECONDS) -> Iterator[str]:
    """What is wrong with one session of a client that reads nothing: it knows nothing of answers."""
    session, messages = _session(client, http, settle_seconds)
    for sentence in (*_structure(session, messages), *_answers(messages), *_usage(session, messages)):
        yield f"session {client.session_id} of a deaf client: {sentence}"


def _session(client: Client, http: httpx.Client, settle_seconds: float) -> tuple[dict[str, Any], list[Stored]]:
    """The session and its messages, once the turns of clients that left have ended."""
    end = time.monotonic() + settle_seconds
    while True:
        session: dict[str, Any] = http.get(client.path).raise_for_status().json()
        if session["state"] == "idle" or time.monotonic() > end:
            return session, list(_messages(client, http))
        time.sleep(0.5)


def _messages(client: Client, http: httpx.Client) -> Iterator[Stored]:
    after: str | None = None
    while True:
        query = {"limit": "100", **({"after": after} if after else {})}
        page = http.get(f"{client.path}/messages", params=query).raise_for_status().json()
        yield from page["data"]
        if not page["hasMore"]:
            return
        after = page["nextCursor"]


def _turns(messages: list[Stored]) -> Iterator[tuple[Stored, Stored]]:
    """Question and answer of each turn whose answer is whole."""
    for question, answer in zip(messages[::2], messages[1::2], strict=False):
        if answer.get("state") == "completed":
            yield question, answer


def _structure(session: dict[str, Any], messages: list[Stored]) -> Iterator[str]:
    roles = [message["role"] for message in messages]
    if roles != ["user", "assistant"] * (len(roles) // 2):
        yield "the roles do not alternate"
    if session["messageCount"] != len(messages):
        yield f"messageCount is {session['messageCount']}, and {len(messages)} messages are stored"
    if session["state"] != "idle":
        yield f"it is {session['state']}, though nobody asks any more"
    ids = [message["messageId"] for message in messages]
    if len(set(ids)) != len(ids):
        yield "an id is stored twice"
    questions = [question["content"] for question, _ in _turns(messages)]
    if len(set(questions)) != len(questions):
        yield "a message is stored and answered twice"


def _answers(messages: list[Stored]) -> Iterator[str]:
    """Each answer belongs to its question, and the provider was shown the history as it is stored.

    An answer that broke off is the beginning of one.
    """
    shown: list[str] = []
    for message in messages:
        if message["role"] == "assistant":
            answer, whole = message["content"], answer_to(shown)
            broken = message["state"] == "incomplete"
            if not whole.startswith(answer) if broken else answer != whole:
                yield f"{message['messageId']} is not the answer to the conversation before it"
        shown.append(message["content"])


def _acknowledged(client: Client, messages: list[Stored]) -> Iterator[str]:
    """Every acknowledged answer is stored, in the order of the acknowledgements, and nothing else is."""
    answers = [answer["content"] for _, answer in _turns(messages)]
    places = [answers.index(sent.answer) if sent.answer in answers else None for sent in client.sent]
    lost = [sent.question for sent, place in zip(client.sent, places, strict=True) if place is None]
    if lost:
        yield f"acknowledged and not stored: {lost[:3]}"
    kept = [place for place in places if place is not None]
    if kept != sorted(kept):
        yield "the stored order is not the order of the acknowledgements"
    wrong = [sent.question for sent in client.sent if _question_of(sent.answer) != sent.question]
    if wrong:
        yield f"answered with the answer to another question: {wrong[:3]}"
    stored = {question["content"] for question, _ in _turns(messages)}
    unknown = stored - {sent.question for sent in client.sent} - set(client.failed) - set(client.findings.given_up)
    if unknown:
        yield f"stored, and never acknowledged: {sorted(unknown)[:3]}"
    revived = stored & set(client.failed)
    if revived:
        yield f"stored after it was told as failed: {sorted(revived)[:3]}"
    if client.contradictions:
        yield f"another answer under the same key: {client.contradictions[:3]}"


def _question_of(answer: str) -> str | None:
    """The question that an answer belongs to; None if it is no answer of `provider.answer_to`."""
    try:
        return str(json.loads(answer)["question"])
    except (ValueError, TypeError, KeyError):
        return None


def _usage(session: dict[str, Any], messages: list[Stored]) -> Iterator[str]:
    """Each whole answer has the provider's counts, and the session's totals are the sums over its answers' attempts."""
    for _, answer in _turns(messages):
        counted, wanted = answer["route"]["attempts"][-1].get("usage") or {}, tokens_of(answer["content"])
        found = counted.get("promptTokens"), counted.get("completionTokens")
        if found != wanted:
            yield f"{answer['messageId']} has the tokens {found}, and the provider counted {wanted}"
    replies = [message for message in messages if message["role"] == "assistant"]
    attempts = [attempt.get("usage") or {} for reply in replies for attempt in reply["route"]["attempts"]]
    for name in ("promptTokens", "completionTokens"):
        total = sum(usage.get(name) or 0 for usage in attempts)
        if session["usage"][name] != total:
            yield f"usage.{name} is {session['usage'][name]}, and the attempts add up to {total}"
    costs = [reply["usage"]["costUsd"] for reply in replies]
    cost = sum(cost for cost in costs if cost is not None)
    if costs.count(None) != session["usage"]["unpriced"]:
        yield f"usage.unpriced is {session['usage']['unpriced']}, and {costs.count(None)} answers have no cost"
    if not math.isclose(session["usage"]["costUsd"] or 0, cost, abs_tol=1e-12):
        yield f"usage.costUsd is {session['usage']['costUsd']}, and the answers' costs add up to {cost}"
