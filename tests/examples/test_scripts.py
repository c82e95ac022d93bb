"""Every script under examples/ runs unchanged against a real host and does what it says."""

import re

from examples import fallback_drill
from tests.examples.conftest import EXAMPLES, Stack
from tests.support.upstream import CUT, Reply, answer, calling, refusal, streamed_reply


def lines(stack: Stack, example: str) -> list[str]:
    """What the example prints. It must succeed and complain of nothing."""
    done = stack.run(example)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_httpx_client_gets_an_answer_whole_and_one_as_a_stream(stack: Stack) -> None:
    stack.openai.script = [answer("Jupiter."), streamed_reply("Mer", "cury.")]
    assert lines(stack, "httpx_client.py") == [
        "openai:gpt-4o-mini: Jupiter.",
        "  skipped gemini:flash-1.5: not_configured: GEMINI_API_KEY is not set",
        "  skipped local:smollm2: not_configured: LOCAL_ENDPOINT is not set",
        "Mercury.",
    ]
    assert [message["content"] for message in stack.openai.requests[-1]["messages"]] == [
        "Which is the largest planet?",
        "Jupiter.",
        "And the smallest?",
    ]


def test_the_httpx_client_says_what_broke_a_stream(stack: Stack) -> None:
    stack.openai.script = [answer("Jupiter."), streamed_reply("Mer", CUT)]
    done = stack.run("httpx_client.py")
    assert done.returncode == 1
    assert "RuntimeError: upstream_failed: " in done.stderr


def test_the_httpx_client_says_what_the_api_refused(stack: Stack) -> None:
    stack.openai.script = [answer("Jupiter."), refusal(400, "content_policy_violation")]
    done = stack.run("httpx_client.py")
    assert done.returncode == 1
    assert "RuntimeError: 422 content_filtered: " in done.stderr


def test_the_openai_sdk_streams_and_tells_the_route(stack: Stack) -> None:
    stack.openai.script = [streamed_reply("Jupi", "ter.")]
    assert lines(stack, "openai_sdk.py") == [
        "Jupiter.",
        "served by openai:gpt-4o-mini after 1 attempt(s)",
        "  skipped gemini:flash-1.5: not_configured: GEMINI_API_KEY is not set",
        "  skipped local:smollm2: not_configured: LOCAL_ENDPOINT is not set",
    ]


def test_the_tool_loop_calls_until_the_model_answers(stack: Stack) -> None:
    stack.openai.script = [
        calling(("call_1", "get_weather", '{"city": "Paris"}'), ("call_2", "get_weather", '{"city": "Atlantis"}')),
        calling(("call_3", "get_weather", "Tokyo"), ("call_4", "get_time", "{}")),
        answer("Tokyo is warmer."),
    ]
    assert lines(stack, "tool_loop.py") == [
        'get_weather({"city": "Paris"}) -> {"degrees": 21}',
        'get_weather({"city": "Atlantis"}) -> {"error": "no such city: Atlantis"}',
        'get_weather({}) -> {"error": "the arguments are not a JSON object: Tokyo"}',
        'get_time({}) -> {"error": "no such tool: get_time"}',
        "Tokyo is warmer.",
    ]
    results = [message for message in stack.openai.requests[-1]["messages"] if message["role"] == "tool"]
    assert [(result["tool_call_id"], result["content"]) for result in results][:2] == [
        ("call_1", '{"degrees": 21}'),
        ("call_2", '{"error": "no such city: Atlantis"}'),
    ]


def test_the_fallback_drill_passes_where_two_providers_answer(stack: Stack) -> None:
    heading, healthy, *drilled, verdict = lines(stack, "fallback_drill.py")
    assert heading.split() == ["openai", "fails", "with", "status", "answered", "by", "attempts"]
    assert re.split(r"\s{2,}", healthy) == ["(it does not fail)", "200", "openai:gpt-4o-mini", "ok"]
    rows = [re.split(r"\s{2,}", line) for line in drilled]
    assert [row[:3] for row in rows] == [[failure, "200", "xai:grok-4.3"] for failure in fallback_drill.FAILURES]
    for failure, _, _, outcomes in rows:
        assert set(outcomes.split(", ")) == {failure, "ok"}
    assert verdict == "passed"
    assert (len(stack.openai.requests), len(stack.xai.requests)) == (1, len(fallback_drill.FAILURES))


def test_the_fallback_drill_fails_where_the_second_provider_does_not_answer(stack: Stack) -> None:
    stack.xai.default = Reply("<html>", 500)
    done = stack.run("fallback_drill.py")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "FAILED")


def test_the_fallback_drill_says_how_to_get_a_second_provider(keyless: Stack) -> None:
    done = keyless.run("fallback_drill.py")
    assert done.returncode == 1
    assert "only echo:echo can be used" in done.stderr
    assert ".venv/bin/python -m local.model 8081" in done.stderr


def test_every_example_is_listed() -> None:
    page = (EXAMPLES / "README.md").read_text()
    programs = [str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.py")]
    assert len(programs) == 5
    assert [program for program in programs if f"]({program})" not in page] == []
