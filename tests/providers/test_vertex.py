"""Gemini over Vertex AI, configured as the comment in `config/default.yaml` has it: another address, a bearer token."""

import json
import re
import textwrap
from typing import Any

import pytest
import yaml

from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.recordings import Wire, prompt, recording
from tests.providers.streamed import SPLIT, on_the_wire
from tests.support.gateway import ROOT
from tests.support.settings import settings_of

MODEL = "vertex:gemini-3.5-flash"
BASE = "https://aiplatform.googleapis.com/v1/projects/MY-PROJECT/locations/global/publishers/google/models"


def configured() -> dict[str, Any]:
    """The commented lines, as somebody would take them over."""
    text = (ROOT / "config" / "default.yaml").read_text()
    (lines,) = re.findall(r"^  #   vertex:\n(?:  #     .*\n)+", text, re.M)
    provider: dict[str, Any] = yaml.safe_load(textwrap.dedent(re.sub(r"^  # ", "", lines, flags=re.M)))
    return provider


@pytest.fixture
def wire() -> Wire:
    return Wire(settings_of(configured(), environment={"VERTEX_API_KEY": "ya29.token"}))


def test_where_and_how_it_is_asked(wire: Wire) -> None:
    wire.reply(recording("gemini/answer").content, headers={"content-type": "application/json"})
    assert wire.ask(MODEL, prompt()).text
    assert str(wire.sent.url) == f"{BASE}/gemini-3.5-flash:generateContent"
    assert wire.sent.headers["authorization"] == "Bearer ya29.token"
    assert "x-goog-api-key" not in wire.sent.headers
    assert [content["role"] for content in wire.sent_json["contents"]] == ["user"]


def test_it_streams(wire: Wire) -> None:
    whole = json.loads(recording("gemini/answer").content)
    wire.reply(on_the_wire("gemini", SPLIT["gemini"](whole)), headers={"content-type": "text/event-stream"})
    received: list[str] = []
    completion = wire.ask(MODEL, listen=received.append)
    assert str(wire.sent.url) == f"{BASE}/gemini-3.5-flash:streamGenerateContent?alt=sse"
    assert "".join(received) == completion.text
    assert len(received) > 1


def test_a_token_that_has_expired(wire: Wire) -> None:
    refused = {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "Expired."}}
    wire.reply(json.dumps(refused).encode(), 401, {"content-type": "application/json"})
    with pytest.raises(UpstreamError) as caught:
        wire.ask(MODEL, prompt())
    assert caught.value.error_class is ErrorClass.AUTH
