"""The names of models that every door takes, and the lists of models in both vendors' forms."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Providers

SPEAKS = {"anthropic-version": "2023-06-01"}
TWO_HOSTS = """
providers:
  one: {format: openai, endpoint: "http://127.0.0.1:1/v1", auth: none}
  two: {format: openai, endpoint: "http://127.0.0.1:1/v1", auth: none}
models:
  one:twin: {}
  two:twin: {}
  one:claude-twin: {contextWindow: 1000}
  two:claude-twin: {}
  one:claude-only: {contextWindow: 2000, maxOutputTokens: 100}
"""


def chat(api: Any, model: str) -> Any:
    return api("chat_completions", {"model": model, "messages": [{"role": "user", "content": "Hi"}]})


def messages(api: Any, model: str) -> Any:
    return api("anthropic_messages", {"model": model, "messages": [{"role": "user", "content": "Hi"}]})


@pytest.mark.parametrize("door", [chat, messages])
@pytest.mark.parametrize("name", ["openai:gpt-4o-mini", "openai/gpt-4o-mini", "gpt-4o-mini"])
def test_one_model_has_several_names(api: Any, providers: Providers, door: Callable[..., Any], name: str) -> None:
    assert door(api, name).json["model"] == "openai:gpt-4o-mini"


def test_each_name_of_a_chain_is_read(api: Any, providers: Providers) -> None:
    found = chat(api, "flash-1.5, openai/gpt-4o-mini")
    assert found.json["model"] == "gemini:flash-1.5"


@pytest.mark.parametrize("name", ["gpt-4o-mini-2024-07-18", "gpt-4o-mini-20240718"])
def test_a_snapshot_goes_to_the_provider_of_its_model(api: Any, providers: Providers, name: str) -> None:
    assert chat(api, name).json["model"] == f"openai:{name}"
    assert providers.openai.requests[0]["model"] == name


def test_a_model_without_a_key_is_resolved_so_that_a_fallback_can_answer(api: Any, providers: Providers) -> None:
    providers.set("OPENAI_API_KEY", None)
    found = chat(api, "gpt-4o-mini, flash-1.5")
    assert found.json["model"] == "gemini:flash-1.5"
    assert found.json["agentos"]["route"]["requested"] == "openai:gpt-4o-mini"


def test_a_name_of_several_models_is_refused_with_all_of_them(
    api: Any, providers: Providers, configure: Callable[[str], None]
) -> None:
    configure(TWO_HOSTS)
    found = chat(api, "twin")
    assert (found.status, found.json["error"]["param"]) == (400, "model")
    assert "one:twin, two:twin" in found.json["error"]["message"]
    assert "one:twin, two:twin" in messages(api, "twin").json["error"]["message"]


@pytest.mark.parametrize(("name", "status"), [
    ("gpt-none", 404), ("nobody:x", 404), ("nobody/x", 404), ("gpt-none-20240718", 404), ("2024-07-18-20240718", 404),
    ("", 400), (" ", 400), ("gpt 4o", 400), ("openai:", 400), ("openai/", 400), ("x" * 300, 400), ("gr\x00ok", 400),
])  # fmt: skip
def test_what_is_no_name_is_a_400_and_an_unknown_one_a_404(
    api: Any, providers: Providers, name: str, status: int
) -> None:
    assert chat(api, name).status == messages(api, name).status == status


def models(api: Any, query: dict[str, str] | None = None, **path: str) -> Any:
    return api("get_model" if path else "list_models", headers=SPEAKS, query=query or {}, **path)


def test_models_are_listed_in_anthropics_form(api: Any, providers: Providers, configure: Callable[[str], None]) -> None:
    configure(TWO_HOSTS)
    found = models(api, {"limit": "1000"})
    page = found.json
    assert page.keys() == {"data", "has_more", "first_id", "last_id"}
    ids = [model["id"] for model in page["data"]]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, ids[0], ids[-1])
    assert "claude-only" in ids
    assert "claude-twin" not in ids
    assert {"one:claude-twin", "two:claude-twin", "openai:gpt-4o-mini"} <= set(ids)
    assert "gpt-4o-mini" not in ids
    assert page["data"][ids.index("claude-only")] == {
        "type": "model", "id": "claude-only", "display_name": "one:claude-only", "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active", "max_input_tokens": 2000, "max_tokens": 100,
    }  # fmt: skip
    assert found.headers["request-id"]


def test_pages_of_models(api: Any, providers: Providers) -> None:
    whole = [model["id"] for model in models(api, {"limit": "1000"}).json["data"]]
    assert len(whole) > 4
    first = models(api, {"limit": "2"}).json
    assert ([model["id"] for model in first["data"]], first["has_more"]) == (whole[:2], True)
    second = models(api, {"limit": "1000", "after_id": first["last_id"]}).json
    assert ([model["id"] for model in second["data"]], second["has_more"]) == (whole[2:], False)
    before = models(api, {"limit": "1", "before_id": whole[2]}).json
    assert ([model["id"] for model in before["data"]], before["has_more"]) == ([whole[1]], True)


@pytest.mark.parametrize(("query", "field"), [
    ({"limit": "0"}, "limit"), ({"limit": "1001"}, "limit"), ({"limit": "x"}, "limit"),
    ({"after_id": "nobody"}, "after_id"), ({"before_id": ""}, "before_id"),
])  # fmt: skip
def test_mistakes_in_a_page_of_models(api: Any, providers: Providers, query: dict[str, str], field: str) -> None:
    found = models(api, query)
    assert (found.status, found.json["error"]["type"]) == (400, "invalid_request_error")
    assert found.json["error"]["message"].startswith(f"{field}: ")


@pytest.mark.parametrize("name", ["claude-only", "one:claude-only", "one%3Aclaude-only", "one/claude-only"])
def test_one_model_by_any_of_its_names(
    api: Any, providers: Providers, configure: Callable[[str], None], name: str
) -> None:
    configure(TWO_HOSTS)
    found = models(api, model=name).json
    assert found["display_name"] == "one:claude-only"
    assert found["id"] == ("claude-only" if name == "claude-only" else "one:claude-only")
    assert api("get_model", model=name).json["id"] == "one:claude-only"


def test_an_unknown_model_is_an_error_in_the_form_of_the_request(api: Any, providers: Providers) -> None:
    assert models(api, model="openai:none").json["error"]["type"] == "not_found_error"
    assert api("get_model", model="openai:none").json["error"]["code"] == "not_found"


def test_an_unknown_route_has_the_form_of_the_request(api: Any) -> None:
    found = api("unknown_route", headers=SPEAKS)
    assert (found.status, found.json["type"], found.json["error"]["type"]) == (404, "error", "not_found_error")
    assert api("unknown_route").json["error"]["code"] == "not_found"
