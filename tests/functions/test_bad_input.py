"""Bad input to every endpoint gives a documented 4xx that names the field. No provider is asked and nothing is
stored."""

from typing import Any

import pytest

from agentos import wiring
from agentos.domain.api_keys import NewApiKey
from agentos.kernel.ids import new_id
from agentos.store.keys import cursor
from tests.support.gateway import ROOT, event, invoke

AGENT = {"name": "n", "model": "local:any"}

WITH_BODY: dict[str, dict[str, Any]] = {
    "create_agent": AGENT,
    "update_agent": {"name": "n"},
    "create_session": {"userId": "u"},
    "send_message": {"content": "Hello"},
    "explain_route": {"content": "Hello"},
    "what_if": {"messageId": "msg_1"},
    "recost_usage": {"model": "local:any"},
    "create_key": {"tenant": "acme", "name": "n", "scopes": ["chat"]},
    "put_tenant_budget": {"period": "day", "usd": 1},
    "put_key_budget": {"period": "day", "usd": 1},
    "put_tenant_provider": {"apiKey": "sk-acme-0123456789"},
}
LISTS = ["list_agents", "list_sessions", "list_messages", "list_keys"]


@pytest.fixture
def path(api: Any, upstream: Any) -> dict[str, str]:
    agent_id = api.agent()
    key = wiring.api_keys().create(NewApiKey(tenant="acme", name="n", scopes=("chat",)))
    ids = {"agentId": agent_id, "sessionId": api.session(agent_id), "keyId": key.key_id}
    return {**ids, "tenant": "acme", "provider": "openai"}


@pytest.fixture
def stored(client: Any, table_name: str) -> Any:
    """Returns all items of the table."""
    return lambda: client.call("Scan", TableName=table_name, ConsistentRead=True)["Items"]


BAD_BODIES = [
    "{", "not json", "[]", "null", "7", '"text"', "NaN", '{"name": Infinity}', '{"content": 1e999}',
    '{"name": ' + "9" * 5000 + "}", "\x00", " ", "[" * 100_000, '{"metadata": "\\ud800"}', '{"\\udfff": 1}',
    '{"noSuchField": 1}', '{"name": "n", "model": "local:any", "content": "c", "tenant": "evil"}',
    '{"name": 7, "userId": 7, "content": 7}', '{"name": {}, "userId": {}, "content": {}}',
    '{"name": [], "userId": [], "content": []}', '{"name": "", "userId": "", "content": ""}',
    '{"metadata": [], "name": true}', '{"": 1}', '{"__proto__": 1}', '{"user_id": "u", "task_type": "t"}',
    '{"' + "x" * 1_000_000 + '": 1}', "{" + ",".join(f'"x{i}": 1' for i in range(10_000)) + "}",
]  # fmt: skip


@pytest.mark.parametrize("folder", WITH_BODY)
def test_a_bad_body_is_refused_and_changes_nothing(
    api: Any, upstream: Any, path: dict[str, str], stored: Any, folder: str
) -> None:
    before = stored()
    for body in BAD_BODIES:
        answer = invoke(folder, event(body, path))
        assert answer.status == 400, (body[:80], answer.text[:500])
        assert answer.json["code"] == "invalid_request"
        assert answer.json["details"]["errors"][0]["field"]
        assert len(answer.text) < 5000
    assert stored() == before
    assert upstream.requests == []


def test_every_function_that_takes_a_body_is_covered() -> None:
    taking = {path.parent.name for path in ROOT.glob("functions/*/app.py") if "body=" in path.read_text()}
    # Lenient, as the vendors' clients expect: test_chat_door.py, test_messages_door.py, test_responses_door.py
    openai = {"chat_completions", "text_completions", "embeddings", "create_response", "create_conversation"}
    openai |= {"update_conversation", "add_conversation_items", "count_response_tokens"}
    doors = openai | {"anthropic_messages", "count_message_tokens"}
    assert taking == set(WITH_BODY) | doors
    without_pages = {"list_models", "list_tenant_providers"}
    without_pages |= {"list_input_items", "list_conversation_items"}  # which have pages of OpenAI's
    assert {path.parent.name for path in ROOT.glob("functions/list_*/app.py")} == {*LISTS, *without_pages}


@pytest.mark.parametrize("folder", WITH_BODY)
def test_an_unknown_field_is_named(path: dict[str, str], folder: str) -> None:
    answer = invoke(folder, event({**WITH_BODY[folder], "fallbackModell": "x"}, path))
    assert answer.status == 400
    assert answer.json["details"]["errors"] == [{"field": "fallbackModell", "message": "is not a known field"}]


@pytest.mark.parametrize("folder", ["create_session", "send_message", "explain_route"])
def test_a_lone_surrogate_deep_in_metadata_is_named(path: dict[str, str], folder: str) -> None:
    body = '{"content": "c", "metadata": {"tags": ["a", "b", "\\ud800"]}}'
    answer = invoke(folder, event(body, path))
    assert answer.json["details"]["errors"][0]["field"] == "metadata.tags[2]"


@pytest.mark.parametrize("folder", WITH_BODY)
def test_a_body_over_six_megabytes_is_a_413(path: dict[str, str], stored: Any, folder: str) -> None:
    before = stored()
    answer = invoke(folder, event('{"content": "' + "x" * 6 * 1024 * 1024 + '"}', path))
    assert (answer.status, answer.json["code"]) == (413, "payload_too_large")
    assert stored() == before


@pytest.mark.parametrize(
    ("folder", "body"),
    [
        ("create_agent", {**AGENT, "config": {"instructions": "x" * 500_000}}),
        ("update_agent", {"config": {"instructions": "日" * 200_000}}),
        ("create_session", {"metadata": {"m": "x" * 500_000}}),
        ("send_message", {"content": "x" * 1_048_576}),
        ("send_message", {"content": "c", "metadata": {"m": "日" * 350_000}}),
        ("send_message", {"content": [{"type": "text", "text": "é" * 200_000} for _ in range(3)]}),
    ],
)
def test_content_that_the_table_cannot_hold_is_a_413_before_any_provider_is_called(
    api: Any, upstream: Any, path: dict[str, str], stored: Any, folder: str, body: Any
) -> None:
    before = stored()
    answer = invoke(folder, event(body, path))
    assert (answer.status, answer.json["code"]) == (413, "payload_too_large")
    assert stored() == before
    assert upstream.requests == []


BAD_QUERIES = [
    ({"limit": "0"}, "limit"),
    ({"limit": "101"}, "limit"),
    ({"limit": "-5"}, "limit"),
    ({"limit": "ten"}, "limit"),
    ({"limit": "9" * 5000}, "limit"),
    ({"limit": ""}, "limit"),
    ({"limit": " 5"}, "limit"),
    ({"limit": "5.0"}, "limit"),
    ({"limit": "٣"}, "limit"),
    ({"order": "up"}, "order"),
    ({"after": ""}, "after"),
    ({"after": "garbage"}, "after"),
    ({"after": "ü"}, "after"),
    ({"after": cursor("default", new_id("msg"))}, "after"),
    ({"after": cursor("default", "-1")}, "after"),
    ({"after": cursor("default", "TENANT#other#AGENTS")}, "after"),
    ({"after": cursor("default", "\x00")}, "after"),
    ({"after": "A" * 9000}, "after"),
    ({"limit": "5", "order": "asc", "after": "===="}, "after"),
]


@pytest.mark.parametrize("folder", LISTS)
def test_a_bad_query_is_named(path: dict[str, str], folder: str) -> None:
    for query, field in BAD_QUERIES:
        answer = invoke(folder, event(None, path, query))
        assert (answer.status, answer.json["code"]) == (400, "invalid_request"), query
        assert answer.json["details"]["errors"][0]["field"] == field, query


MODEL_NAMES = [
    "", "openai", "openai:", ":gpt", "openai gpt", "openai:a b", "openai:\n", "OpenAI:gpt", "openai :gpt",
    " openai:gpt", "openai:" + "x" * 201, "x" * 64 + ":gpt", "openai:x\u2028", "nobody:gpt",
    "opnai:gpt", 7, ["openai:gpt"], {}, True,
]  # fmt: skip


@pytest.mark.parametrize("name", MODEL_NAMES, ids=lambda name: str(name)[:20])
def test_a_malformed_model_and_an_unknown_provider_are_named_when_the_agent_is_saved(
    api: Any, path: dict[str, str], stored: Any, name: Any
) -> None:
    before = stored()
    for part, field in (
        ({"model": name}, "model"),
        ({"config": {"fallbackModel": name}}, "config.fallbackModel"),
        ({"config": {"fallbackModels": ["local:a", name]}}, "config.fallbackModels[1]"),
        ({"config": {"routing": {"rules": [{"use": ["local:a", name]}]}}}, "config.routing.rules[0].use[1]"),
    ):
        for answer in (api("create_agent", {**AGENT, **part}), api("update_agent", part, agentId=path["agentId"])):
            assert (answer.status, answer.json["code"]) == (400, "invalid_request"), answer.text
            assert [error["field"] for error in answer.json["details"]["errors"]] == [field]
    assert stored() == before


@pytest.mark.parametrize("missing", ["name", "model"])
def test_missing_required_fields_of_an_agent_are_named(api: Any, stored: Any, missing: str) -> None:
    answer = api("create_agent", {name: value for name, value in AGENT.items() if name != missing})
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["details"]["errors"] == [{"field": missing, "message": "is required"}]
    assert stored() == []


BAD_CONFIGS: list[dict[str, Any]] = [
    {"temperature": "1"}, {"temperature": 2.1}, {"maxTokens": 0}, {"maxTokens": 1.5}, {"maxTokens": True}, {"topP": 0},
    {"stop": 7}, {"stop": ["x"] * 17}, {"responseFormat": "json"}, {"timeoutSeconds": 0}, {"timeoutSeconds": 1e9},
    {"historyTokens": -1}, {"fallbackOn": "rejected"}, {"instructions": 7}, {"routing": []}, {"fallbackModels": "a:b"},
    {"no-such": 1},
]  # fmt: skip


@pytest.mark.parametrize("config", BAD_CONFIGS, ids=lambda config: next(iter(config)))
def test_a_bad_configuration_of_an_agent_is_named(api: Any, stored: Any, config: dict[str, Any]) -> None:
    answer = api("create_agent", {**AGENT, "config": config})
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert [error["field"] for error in answer.json["details"]["errors"]] == [f"config.{next(iter(config))}"]
    assert stored() == []


AGENT_CALLS = ["get_agent", "update_agent", "delete_agent", "explain_route", "create_session", "list_sessions"]
SESSION_CALLS = ["get_session", "delete_session", "send_message", "list_messages"]


@pytest.mark.parametrize("folder", [*AGENT_CALLS, *SESSION_CALLS])
def test_an_unknown_id_is_a_404_and_changes_nothing(
    upstream: Any, path: dict[str, str], stored: Any, folder: str
) -> None:
    before = stored()
    strange = ["x", "", "%", "\x00", "../x", "日本", "\ud800", "a#b", "SESSION", "x" * 100_000]
    unknown = [("agentId", one) for one in [new_id("agent"), path["sessionId"], *strange]]
    if folder in SESSION_CALLS:
        unknown += [("sessionId", one) for one in [new_id("sess"), path["agentId"], *strange]]
    for name, value in unknown:
        answer = invoke(folder, event(WITH_BODY.get(folder), {**path, name: value}))
        assert (answer.status, answer.json["code"]) == (404, "not_found"), (name, value[:20])
    assert stored() == before
    assert upstream.requests == []


@pytest.mark.parametrize("folder", SESSION_CALLS)
def test_another_agents_session_is_a_404(api: Any, path: dict[str, str], stored: Any, folder: str) -> None:
    other = api.agent()
    before = stored()
    answer = invoke(folder, event(WITH_BODY.get(folder), {**path, "agentId": other}))
    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert stored() == before


TEXTS = ["日本語 العربية 😀👩‍🚀", "\x00\x01\x7f", "\u2028.\u2029", "﷽" * 1000, "{{x}} ${y} %s", "\r\n\t.", " a "]
BLANKS = [" ", "\r\n\t", "\u3000", "\u2028", [{"type": "text", "text": " "}]]


def test_any_text_is_accepted_sent_and_stored_exactly(api: Any, upstream: Any, path: dict[str, str]) -> None:
    for content in TEXTS:
        answer = api("send_message", {"content": content}, **path)
        assert answer.status == 200, answer.text
        assert upstream.requests[-1]["messages"][-1]["content"] == content
    kept = api("list_messages", **path).json["data"]
    assert [message["content"] for message in kept[::2]] == TEXTS


@pytest.mark.parametrize("folder", ["send_message", "explain_route"])
def test_content_of_white_space_alone_is_refused_like_empty_content(
    upstream: Any, path: dict[str, str], folder: str
) -> None:
    for content in BLANKS:
        answer = invoke(folder, event({"content": content}, path))
        field = "content" if isinstance(content, str) else "content[0].text"
        assert answer.status == 400, content
        assert answer.json["details"]["errors"] == [{"field": field, "message": "must not be empty"}]
    assert upstream.requests == []


@pytest.mark.parametrize("folder", LISTS)
def test_a_misspelt_parameter_of_a_list_is_named(path: dict[str, str], folder: str) -> None:
    answer = invoke(folder, event(None, path, {"limit": "5", "userID": "ann"}))
    assert answer.status == 400
    (error,) = answer.json["details"]["errors"]
    assert error["field"] == "userID"
    assert "is not a known parameter; limit, after, order" in error["message"]


def test_blank_instructions_are_no_instructions(api: Any, upstream: Any) -> None:
    agent_id = api.agent(config={"instructions": " \n"})
    assert api.say(agent_id, api.session(agent_id)).status == 200
    assert [message["role"] for message in upstream.requests[0]["messages"]] == ["user"]
