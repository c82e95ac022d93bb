"""Anthropic's door in front of Anthropic's own API: what goes on to it alone, and its count of tokens."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.upstream import Reply, Upstream, refusal

CLAUDE, OTHER = "anthropic:claude-sonnet-5-5", "openai:gpt-4o-mini"
HELLO = [{"role": "user", "content": "Hello"}]
EDITS = {"edits": [{"type": "clear_tool_uses_20250919"}]}
BETA = {"anthropic-beta": "context-management-2025-06-27, claude-code-20250219"}


def message(*content: Any, reason: str = "end_turn") -> Reply:
    """A message of Anthropic's."""
    usage = {"input_tokens": 7, "output_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}
    body = {"type": "message", "role": "assistant", "content": list(content), "stop_reason": reason, "usage": usage}
    return Reply({"id": "msg_1", "model": "claude", "stop_sequence": None, **body})


@pytest.fixture
def anthropic(providers: Providers) -> Iterator[Upstream]:
    with Upstream(default=message({"type": "text", "text": "Hello."})) as upstream:
        providers.set("ANTHROPIC_ENDPOINT", upstream.url)
        providers.set("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
        yield upstream


def ask(api: Any, **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    return api("anthropic_messages", {"model": CLAUDE, "max_tokens": 64, "messages": HELLO, **fields}, headers=headers)


def count(api: Any, **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    return api("count_message_tokens", {"model": CLAUDE, "messages": HELLO, **fields}, headers=headers)


def test_betas_and_their_fields_go_on(api: Any, anthropic: Upstream) -> None:
    headers = {**BETA, "anthropic-version": "2026-10-21", "x-api-key": "agos_none", "x-stainless-lang": "python"}
    found = ask(api, context_management=EDITS, service_tier="standard_only", headers=headers)
    assert (found.status, found.json["agentos"]["notes"]) == (200, [])
    sent, told = anthropic.requests[0], anthropic.headers[0]
    assert (sent["context_management"], sent["service_tier"]) == (EDITS, "standard_only")
    assert told["anthropic-beta"] == BETA["anthropic-beta"]
    assert told["anthropic-version"] == "2023-06-01"  # the one in which the request is written
    assert told["x-api-key"] == "sk-ant-0123456789abcdef"
    assert "x-stainless-lang" not in told


def test_a_fallback_at_another_provider_is_told_nothing_of_them(
    api: Any, anthropic: Upstream, providers: Providers
) -> None:
    anthropic.script += [refusal(529)]
    found = ask(api, model=f"{CLAUDE}, {OTHER}", context_management=EDITS, headers=BETA)
    assert found.json["model"] == OTHER
    assert "context_management" in anthropic.requests[0]
    assert "context_management" not in providers.openai.requests[0]
    assert "anthropic-beta" not in providers.openai.headers[0]
    only = "left out: only providers of anthropic take it"
    assert found.json["agentos"]["notes"] == [f"anthropic-beta {only}", f"context_management {only}"]


def test_usage_is_anthropics_own(api: Any, anthropic: Upstream) -> None:
    assert ask(api).json["usage"] == {
        "input_tokens": 7, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 5, "output_tokens": 3,
    }  # fmt: skip


def test_thoughts_come_back_to_anthropic_as_they_were(api: Any, anthropic: Upstream) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    call = {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}}
    anthropic.script.append(message(thought, {"type": "text", "text": "So."}, call, reason="tool_use"))
    fields = {"tools": [{"name": "now", "input_schema": {"type": "object"}}], "thinking": {"type": "adaptive"}}
    first = ask(api, **fields)
    assert [block["type"] for block in first.json["content"]] == ["thinking", "text", "tool_use"]
    assert first.json["content"][0]["thinking"] == "Hm."
    assert first.json["content"][0]["signature"] not in ("", "c2ln")
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12:00"}
    history = [*HELLO, {"role": "assistant", "content": first.json["content"]}, {"role": "user", "content": [result]}]
    assert ask(api, messages=history, **fields).status == 200
    assert anthropic.requests[1]["messages"][1]["content"] == [thought, {"type": "text", "text": "So."}, call]


def test_anthropic_counts_its_own_tokens(api: Any, anthropic: Upstream) -> None:
    anthropic.script.append(Reply({"input_tokens": 14}))
    tools = [{"name": "now", "input_schema": {"type": "object"}}]
    fields = {"system": "Be brief.", "tools": tools, "context_management": EDITS, "service_tier": "standard_only"}
    found = count(api, max_tokens=64, headers=BETA, **fields)
    assert found.json == {"input_tokens": 14, "agentos": {"model": CLAUDE, "estimated": False, "notes": []}}
    assert anthropic.paths == ["/v1/messages/count_tokens"]
    assert anthropic.headers[0]["anthropic-beta"] == BETA["anthropic-beta"]
    sent = anthropic.requests[0]
    assert sent.keys() == {"model", "system", "messages", "tools", "context_management"}
    assert found.headers["request-id"]


@pytest.mark.parametrize("reply", [refusal(500), refusal(429), Reply({"input_tokens": "many"}), Reply("<html>")],
                         ids=["server", "rate", "no number", "no json"])  # fmt: skip
def test_a_provider_that_does_not_count_leaves_it_to_the_estimate(api: Any, anthropic: Upstream, reply: Reply) -> None:
    anthropic.script.append(reply)
    found = count(api)
    assert (found.status, found.json["agentos"]["estimated"]) == (200, True)
    assert found.json["input_tokens"] == 6
    assert len(anthropic.requests) == 1


def test_other_providers_are_not_asked(api: Any, providers: Providers) -> None:
    found = count(api, model=OTHER)
    assert found.json == {"input_tokens": 6, "agentos": {"model": OTHER, "estimated": True, "notes": []}}
    assert providers.openai.requests == []


def test_counting_leaves_no_usage(api: Any, anthropic: Upstream, client: Any, table_name: str) -> None:
    anthropic.script.append(Reply({"input_tokens": 14}))
    count(api)
    assert not [one for one in client.call("Scan", TableName=table_name)["Items"] if "#USAGE#" in one["pk"]["S"]]


@pytest.mark.parametrize(("fields", "status", "kind"), [
    ({"model": "opnai:gpt"}, 404, "not_found_error"),
    ({"model": "agent:nobody"}, 404, "not_found_error"),
    ({"model": "a b"}, 400, "invalid_request_error"),
    ({"messages": []}, 400, "invalid_request_error"),
])  # fmt: skip
def test_mistakes_in_a_count(api: Any, providers: Providers, fields: Any, status: int, kind: str) -> None:
    found = count(api, **fields)
    assert (found.status, found.json["error"]["type"]) == (status, kind)


MARK: dict[str, Any] = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def marks(body: Any) -> list[Any]:
    """The marks of a request, in its order."""
    blocks = [*body.get("tools", ()), *body["system"], *(one for m in body["messages"] for one in m["content"])]
    return [block.get("cache_control") for block in blocks]


def test_marks_for_the_cache_stay_where_the_client_has_put_them(api: Any, anthropic: Upstream) -> None:
    def text(words: str, **mark: Any) -> dict[str, Any]:
        return {"type": "text", "text": words, **mark}

    found = ask(
        api,
        tools=[{"name": "now", "input_schema": {"type": "object"}, "cache_control": MARK}],
        system=[text("One.", cache_control=HOUR), text("Two.")],
        messages=[{"role": "user", "content": [text("A", cache_control=MARK), text("B", cache_control=None)]}],
    )
    assert (found.status, found.json["agentos"]["notes"]) == (200, [])
    assert marks(anthropic.requests[0]) == [MARK, HOUR, None, MARK, None]
    sent = anthropic.requests[0]
    assert [block["text"] for block in sent["system"]] == ["One.", "Two."]
    assert [block["text"] for block in sent["messages"][0]["content"]] == ["A", "B"]


def test_a_mark_of_the_whole_request_is_one_of_its_last_message(api: Any, anthropic: Upstream) -> None:
    assert ask(api, system=[{"type": "text", "text": "One."}], cache_control=HOUR).status == 200
    assert anthropic.requests[0]["messages"][-1]["content"][-1]["cache_control"] == HOUR


@pytest.mark.parametrize("mark", ["yes", {"type": "lasting"}, {"type": "ephemeral", "ttl": "2h"}])
def test_mistakes_in_a_mark(api: Any, anthropic: Upstream, mark: Any) -> None:
    content = [{"type": "text", "text": "Hi", "cache_control": mark}]
    found = ask(api, messages=[{"role": "user", "content": content}])
    assert found.status == 400
    assert found.json["error"]["message"].startswith("messages[0].content[0].cache_control: ")
    assert anthropic.requests == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("stop", "expected"), [
    ("END", ("stop_sequence", "END")),
    ("made up by the provider", ("end_turn", None)),
])  # fmt: skip
def test_the_sequence_that_ended_an_answer_is_told(
    api: Any, anthropic: Upstream, stop: str, expected: tuple[str, str | None], stream: bool
) -> None:
    reply = message({"type": "text", "text": "Well,"}, reason="stop_sequence")
    reply.body["stop_sequence"] = stop
    anthropic.script.append(reply)
    headers = {"idempotency-key": "k"}
    for _ in range(2):  # the second is a replay
        found = ask(api, stop_sequences=["END"], stream=stream, headers=headers)
        if stream:
            (delta,) = [line for line in found.text.split("\n") if '"type":"message_delta"' in line]
            ended = json.loads(delta.removeprefix("data: "))["delta"]
        else:
            ended = found.json
        assert (ended["stop_reason"], ended["stop_sequence"]) == expected
    assert len(anthropic.requests) == 1
