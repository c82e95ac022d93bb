"""The fakes are strict: what their providers refuse, by documentation or report, they refuse too, and nothing near it.

For every rule there is one request that breaks it, and one that keeps it as closely as may be.
"""

import copy
import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conversations.fakes import bedrock
from tests.conversations.fakes.model import ScriptedModel
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request
from tests.conversations.fakes.providers import HOSTS, PROVIDERS
from tests.conversations.fakes.rules import Refused
from tests.conversations.strictness import anthropic as for_anthropic
from tests.conversations.strictness import bedrock as for_bedrock
from tests.conversations.strictness import chat as for_chat
from tests.conversations.strictness import gemini as for_gemini
from tests.conversations.strictness import responses as for_responses
from tests.conversations.strictness.row import Row

Body = dict[str, Any]
FAKES = {**PROVIDERS, **HOSTS}
ROWS = [*for_chat.ROWS, *for_anthropic.ROWS, *for_gemini.ROWS, *for_bedrock.ROWS, *for_responses.ROWS]
GOOD = {
    **for_chat.GOOD,
    "anthropic": for_anthropic.GOOD,
    "gemini": for_gemini.GOOD,
    "bedrock": for_bedrock.GOOD,
    "azure-openai": for_responses.GOOD,
}
"""A good request to each; those who are not named take OpenAI's."""

SIGNED = {
    **for_chat.SIGNED,
    "gemini": for_gemini.SIGNED,
    "bedrock": for_bedrock.SIGNED,
    "azure-openai": for_responses.SIGNED,
}
PATHS = {
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/{model}:{method}",
    "bedrock": "/model/{model}/{operation}",
    "azure-openai": "/openai/v1/responses",
}


def sent(fake: FakeProvider, body: Body, model: str, *, streamed: bool = False) -> Request:
    """As a client of the provider's sends it."""
    path = PATHS.get(fake.name, f"{fake.path}/chat/completions").format(
        model=model,
        method="streamGenerateContent?alt=sse" if streamed else "generateContent",
        operation="converse-stream" if streamed else "converse",
    )
    if fake.name not in ("gemini", "bedrock"):
        body = {"model": model, **body, **({"stream": True} if streamed else {})}
    content = json.dumps(body).encode()
    headers = {"authorization": f"Bearer {fake.key}", "x-api-key": fake.key, "x-goog-api-key": fake.key}
    headers["api-key"] = fake.key
    headers |= {"anthropic-version": "2023-06-01"}
    if fake.name == "bedrock":
        request = AWSRequest("POST", fake.url + path, {}, content)
        SigV4Auth(Credentials(bedrock.ACCESS_KEY, bedrock.SECRET), "bedrock", bedrock.REGION).add_auth(request)
        host = fake.url.removeprefix("http://")
        headers = {"host": host, **{name.lower(): value for name, value in request.headers.items()}}
    return Request("POST", path, headers, content)


def asked(row: Row, changes: Body) -> tuple[FakeProvider, Request]:
    """A fake, and the good request with these changes, each at a path such as `messages.0.content`."""
    fake = FAKES[row.provider](ScriptedModel())
    fake.signed = dict(SIGNED.get(row.provider, {}))
    body = copy.deepcopy(GOOD.get(row.provider, GOOD["openai"]))
    for path, value in changes.items():
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place: Any = body
        for step in way:
            place = place[step]
        if value is None:
            place.pop(last)
        else:
            place[last] = copy.deepcopy(value)
    return fake, sent(fake, body, row.model or MODEL, streamed=row.streamed)


@pytest.mark.parametrize("name", FAKES)
def test_a_good_request_is_accepted(name: str) -> None:
    fake, request = asked(Row(name, "", {}, {}), {})
    received = fake.accept(request)
    assert [one.role for one in received.said] == ["user", "assistant", "user"]
    assert [tool.name for tool in received.tools] == ["f"]


def test_every_rule_has_its_rows() -> None:
    rules = {(name, rule.what) for name, fake in FAKES.items() for rule in fake.rules}
    assert {(row.provider, row.rule) for row in ROWS} == rules


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.provider}-{row.rule}")
def test_a_request_that_breaks_the_rule_is_refused(row: Row) -> None:
    fake, request = asked(row, row.breaks)
    with pytest.raises(Refused) as caught:
        fake.accept(request)
    assert caught.value.rule
    assert caught.value.rule.what == row.rule
    refusal = fake.refusal(caught.value)
    assert refusal.status == caught.value.rule.status
    assert 400 <= refusal.status < 500
    json.loads(refusal.body)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.provider}-{row.rule}")
def test_a_request_that_keeps_the_rule_is_accepted(row: Row) -> None:
    fake, request = asked(row, row.keeps)
    fake.accept(request)


@pytest.mark.parametrize("name", FAKES)
def test_every_rule_names_its_source(name: str) -> None:
    assert all(rule.source.startswith("https://") for rule in FAKES[name].rules)
    assert len({rule.what for rule in FAKES[name].rules}) == len(FAKES[name].rules)


@pytest.mark.parametrize("name", [name for name in FAKES if name != "ollama"])
def test_a_request_without_its_key_is_refused(name: str) -> None:
    fake, good = asked(Row(name, "", {}, {}), {})
    with pytest.raises(Refused, match=r"(?i)key|signature"):
        fake.accept(Request(good.method, good.path, {"anthropic-version": "2023-06-01"}, good.body))


@pytest.mark.parametrize("name", FAKES)
def test_an_unknown_model_is_refused(name: str) -> None:
    fake, _ = asked(Row(name, "", {}, {}), {})
    with pytest.raises(Refused, match=r"no-such-model|identifier"):
        fake.accept(sent(fake, GOOD.get(name, GOOD["openai"]), "no-such-model"))
