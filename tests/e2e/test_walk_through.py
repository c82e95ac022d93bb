"""The walk-through works, command by command in bash, and docs/walk-through.md shows such a run."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hosting import MODEL, Host
from tests.functions.test_walk_through import AGENT, MESSAGE, SESSION
from tests.support.sse import events, text_of
from tools import walk_through
from tools.terminal_picture import picture
from tools.walk_through import Walk

NO_OPENAI = {"model": "openai:gpt-4o-mini", "reason": "not_configured: OPENAI_API_KEY is not set"}
NO_GEMINI = {"model": "gemini:flash-1.5", "reason": "not_configured: GEMINI_API_KEY is not set"}


def assert_it_shows_what_it_should(walked: Walk) -> None:
    """No key, then a primary, then a primary that is gone, then no key again; one session throughout."""
    assert AGENT.items() <= walked.agent.items()
    assert SESSION.items() <= walked.session.items()
    turns = (
        (walked.keyless, "local:smollm2", ["ok"], [NO_OPENAI, NO_GEMINI]),
        (walked.primary, "openai:gpt-4o-mini", ["ok"], [NO_GEMINI]),
        (walked.fallback, "local:smollm2", ["connect", "connect", "ok"], [NO_GEMINI]),
        (walked.removed, "local:smollm2", ["ok"], [NO_OPENAI, NO_GEMINI]),
    )
    for reply, model, outcomes, skipped in turns:
        assert reply["content"].strip()
        assert (reply["model"], reply["provider"]) == (model, model.partition(":")[0])
        assert reply["route"]["requested"] == "openai:gpt-4o-mini"
        assert reply["route"]["skipped"] == skipped
        assert [attempt["outcome"] for attempt in reply["route"]["attempts"]] == outcomes
    assert walked.drill.splitlines()[-1] == "passed"
    assert walked.session_after["sessionId"] == walked.session["sessionId"]
    assert (walked.session_after["state"], walked.session_after["messageCount"]) == ("idle", 8)
    for kind in ("message.start", "message.delta", "message.end"):
        assert f"event: {kind}" in walked.streamed
    used = sum(reply["usage"]["totalTokens"] for reply, *_ in turns)
    assert walked.session_after["usage"]["totalTokens"] == used


def test_the_walk_through_works_on_a_real_host(
    start_host: Callable[..., Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_MODEL_TOKENS", MODEL["LOCAL_MODEL_TOKENS"])  # for the model that is the primary
    slow_machine = tmp_path / "slow_machine.yaml"  # where two models at once may need more than a turn's 28 s
    slow_machine.write_text("limits: {turnSeconds: 100}")
    host = start_host({"LOCAL_MODEL": "1", "AGENTOS_CONFIG": str(slow_machine)})
    walked = walk_through.walk(str(host.client.base_url), tmp_path / ".env", primary_port=0)
    assert_it_shows_what_it_should(walked)
    assert text_of(events(walked.streamed)).strip()


def shown() -> str:
    return walk_through.PAGE.read_text()


def recorded() -> Walk:
    """The run that the page shows."""
    answers = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", shown(), re.S)]
    (drill,) = re.findall(r"```text\n(openai fails with .*?)```", shown(), re.S)
    (streamed,) = re.findall(r"```text\n(id: 1\n.*?)```", shown(), re.S)
    return Walk(*answers[:4], drill, *answers[4:], streamed)


def test_the_page_shows_such_a_run() -> None:
    assert_it_shows_what_it_should(recorded())


def test_the_page_has_the_commands_and_words_of_the_tool() -> None:
    def frame(text: str) -> str:
        return re.sub(r"```(json|text)\n.*?```", "", text, flags=re.S)

    assert frame(shown()) == frame(walk_through.page(recorded(), "")), "run `make walk-through`"


def test_the_commands_are_the_three_calls_word_for_word() -> None:
    bodies: list[Any] = [json.loads(body) for body in re.findall(r"-d '(.*?)'", shown(), re.S)]
    assert bodies == [AGENT, SESSION, MESSAGE, {"content": "And in one word?"}]
    urls = re.findall(r"-X POST \"?http://localhost:8080([^\s\"]+)", shown())
    messages = "/agents/<agent-id>/sessions/<session-id>/messages"
    assert urls == ["/agents", "/agents/<agent-id>/sessions", messages, f"{messages}?stream=true"]


def test_the_picture_is_drawn_from_the_page() -> None:
    assert walk_through.PICTURE.read_text() == picture(walk_through.DRILL, recorded().drill), "run `make walk-through`"
