"""OpenAI's embeddings, over two wire formats, with fallbacks within one vector space. Runs the real functions."""

import base64
import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Providers
from tests.support.upstream import Reply, embedded, refusal

SMALL, GEMINI = "openai:text-embedding-3-small", "gemini:gemini-embedding-001"
VECTORS = [[0.5, -0.25, 1.0], [0.125, 0.75, -1.0]]
TWINS = """
providers:
  twin: {format: openai, auth: none}
models:
  twin:small: {vectorSpace: text-embedding-3-small, price: {input: 0.02, output: 0}}
  twin:other: {vectorSpace: other}
"""


def ask(api: Any, given: Any = "Hello", headers: dict[str, str] | None = None, **fields: Any) -> Any:
    return api("embeddings", {"model": SMALL, "input": given, **fields}, headers=headers or {})


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def gemini_embedded(*vectors: list[float]) -> Reply:
    return Reply({"embeddings": [{"values": vector} for vector in vectors]})


@pytest.mark.parametrize("sent", [VECTORS, [packed(*vector) for vector in VECTORS]], ids=["lists", "base64"])
def test_each_text_gets_its_vector(api: Any, providers: Providers, sent: Any) -> None:
    reply = embedded(*sent)
    reply.body["data"].reverse()  # their indexes count
    providers.openai.script.append(reply)
    found = ask(api, ["A fox", "A dog"], dimensions=3, user="ann", foo=1)
    body = found.json
    assert [entry["embedding"] for entry in body["data"]] == VECTORS
    assert [(entry["object"], entry["index"]) for entry in body["data"]] == [("embedding", 0), ("embedding", 1)]
    assert (body["object"], body["model"]) == ("list", SMALL)
    assert body["usage"] == {"prompt_tokens": 8, "total_tokens": 8}
    assert body["agentos"]["costUsd"] == 0.00000016
    assert body["agentos"]["notes"] == ["foo left out: it is not known here"]
    assert providers.openai.paths == ["/v1/embeddings"]
    assert providers.openai.requests == [
        {"model": "text-embedding-3-small", "input": ["A fox", "A dog"], "encoding_format": "base64", "dimensions": 3}
    ]
    assert found.headers["x-agentos-model"] == SMALL


def test_vectors_may_be_base64(api: Any, providers: Providers) -> None:
    providers.openai.script.append(embedded(VECTORS[0]))
    (entry,) = ask(api, encoding_format="base64").json["data"]
    assert entry["embedding"] == packed(*VECTORS[0])


def test_gemini_is_asked_in_its_own_form(api: Any, providers: Providers) -> None:
    providers.gemini.script.append(gemini_embedded(*VECTORS))
    found = ask(api, ["A fox", "A dog"], model=GEMINI, dimensions=3)
    assert [entry["embedding"] for entry in found.json["data"]] == VECTORS
    assert providers.gemini.paths[0].endswith("/models/gemini-embedding-001:batchEmbedContents")
    assert providers.gemini.requests[0]["requests"][1] == {
        "model": "models/gemini-embedding-001", "content": {"parts": [{"text": "A dog"}]}, "outputDimensionality": 3,
    }  # fmt: skip
    assert found.json["usage"] == {"prompt_tokens": 0, "total_tokens": 0}  # it did not count
    assert found.json["agentos"]["costUsd"] is None


def test_gemini_gets_a_hundred_texts_at_a_time(api: Any, providers: Providers) -> None:
    texts = [f"text {number}" for number in range(250)]
    sizes = (100, 100, 50)
    starts = (0, 100, 200)
    for start, size in zip(starts, sizes, strict=True):
        providers.gemini.script.append(gemini_embedded(*([float(start + index)] for index in range(size))))
    found = ask(api, texts, model=GEMINI)
    assert [len(request["requests"]) for request in providers.gemini.requests] == list(sizes)
    assert [entry["embedding"] for entry in found.json["data"]] == [[float(number)] for number in range(250)]


def test_a_fallback_stays_within_the_vector_space(
    api: Any, providers: Providers, configure: Callable[[str], None]
) -> None:
    configure(TWINS)
    providers.set("TWIN_ENDPOINT", providers.gemini.url)
    providers.openai.default = refusal(429)
    providers.gemini.script.append(embedded(VECTORS[0]))
    found = ask(api, model=f"{SMALL}, {GEMINI}, twin:other, twin:small")
    assert found.json["model"] == "twin:small"
    route = found.json["agentos"]["route"]
    assert [attempt["outcome"] for attempt in route["attempts"]] == ["rate_limited", "ok"]
    assert route["skipped"] == [
        {"model": name, "reason": "other_vector_space: its vectors are not of text-embedding-3-small"}
        for name in (GEMINI, "twin:other")
    ]
    assert route["fallbackUsed"] is True


def test_where_the_first_has_no_key_only_its_space_is_asked(api: Any, providers: Providers) -> None:
    providers.set("OPENAI_API_KEY", None)
    found = ask(api, model=f"{SMALL}, {GEMINI}")
    assert (found.status, found.json["error"]["code"]) == (503, "no_provider_available")
    assert {one["reason"].partition(":")[0] for one in found.json["agentos"]["details"]["skipped"]} == {
        "not_configured",
        "other_vector_space",
    }
    assert providers.gemini.requests == []


def test_a_model_that_is_not_listed_is_a_space_of_its_own(api: Any, providers: Providers) -> None:
    providers.openai.default = refusal(404, "model_not_found")
    found = ask(api, model="openai:text-embedding-9, openai:text-embedding-3-small")
    assert found.status == 502
    assert len(providers.openai.requests) == 1


@pytest.mark.parametrize("model", ["openai:gpt-4o-mini", "anthropic:claude-haiku-4-5", "anthropic:unlisted"])
def test_what_makes_no_embeddings_is_not_asked(api: Any, providers: Providers, model: str) -> None:
    found = ask(api, model=model)
    assert (found.status, found.json["error"]["code"]) == (400, "unsupported")
    assert providers.openai.requests == []


def test_a_model_of_embeddings_answers_no_chat(api: Any, providers: Providers) -> None:
    body = {"model": f"{SMALL}, {GEMINI}", "messages": [{"role": "user", "content": "Hi"}]}
    found = api("chat_completions", body)
    assert (found.status, providers.openai.requests) == (503, [])
    reasons = {one["model"]: one["reason"] for one in found.json["agentos"]["details"]["skipped"]}
    assert reasons[SMALL] == "unsupported: chat"


def test_the_same_key_has_the_same_vectors(api: Any, providers: Providers) -> None:
    providers.openai.script.append(embedded(VECTORS[0]))
    first, second = (ask(api, headers={"idempotency-key": "k"}) for _ in range(2))
    assert first.json == second.json
    assert len(providers.openai.requests) == 1


def test_usage_is_recorded(api: Any, providers: Providers, client: Any, table_name: str) -> None:
    ask(api, user="ann")
    (record,) = [one for one in client.call("Scan", TableName=table_name)["Items"] if "#USAGE#" in one["pk"]["S"]]
    assert "embeddings" in str(record)
    assert "ann" in str(record)


def test_a_budget_holds(api: Any, providers: Providers) -> None:
    api("put_tenant_budget", {"period": "day", "usd": 0.00001}, tenant="default")
    assert ask(api).status == 200
    refused = ask(api, "word " * 4000)
    assert (refused.status, refused.json["error"]["code"]) == (429, "budget_exceeded")
    assert len(providers.openai.requests) == 1


@pytest.mark.parametrize("reply", [
    embedded([1.0]),
    embedded([1.0], []),
    embedded([1.0], ["x"]),
    embedded([1.0], "AAA"),
    embedded([1.0], [1e300]),
    Reply('{"data": [{"index": 0, "embedding": [NaN]}, {"index": 1, "embedding": [1]}]}'),
    Reply({"data": None}),
    Reply("<html>"),
], ids=["too few", "empty", "text", "no base64", "too large", "NaN", "null", "HTML"])  # fmt: skip
def test_what_is_no_answer_is_a_failure_of_the_provider(api: Any, providers: Providers, reply: Reply) -> None:
    providers.openai.script.append(reply)
    found = ask(api, ["a", "b"])
    assert (found.status, found.json["error"]["code"]) == (502, "upstream_failed")
    (attempt,) = found.json["agentos"]["details"]["attempts"]
    assert attempt["outcome"] == "bad_response"


@pytest.mark.parametrize(("fields", "code", "words"), [
    ({"given": ""}, "invalid_request", "input: "),
    ({"given": []}, "invalid_request", "input: "),
    ({"given": None}, "invalid_request", "input: "),
    ({"given": ["a", ""]}, "invalid_request", "input[1]: "),
    ({"given": ["a", {}]}, "invalid_request", "input[1]: "),
    ({"given": ["a"] * 2049}, "invalid_request", "input: "),
    ({"given": [1, 2]}, "unsupported", "input: tokens"),
    ({"given": [[1, 2]]}, "unsupported", "input: tokens"),
    ({"dimensions": 0}, "invalid_request", "dimensions: "),
    ({"dimensions": "many"}, "invalid_request", "dimensions: "),
    ({"encoding_format": "hex"}, "invalid_request", "encoding_format: "),
    ({"user": 5}, "invalid_request", "user: "),
    ({"model": "a b"}, "invalid_request", "model: "),
])  # fmt: skip
def test_mistakes_are_named(api: Any, providers: Providers, fields: Any, code: str, words: str) -> None:
    found = ask(api, **fields)
    assert (found.status, found.json["error"]["code"]) == (400, code), found.json
    assert found.json["error"]["message"].startswith(words)
    assert providers.openai.requests == []


def test_too_long_a_text_is_not_sent(api: Any, providers: Providers) -> None:
    found = ask(api, ["short", "x" * 40_000])
    assert (found.status, found.json["error"]["code"]) == (400, "context_length_exceeded")
    assert providers.openai.requests == []
