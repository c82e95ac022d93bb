"""docs/api.md: every route is there, its example works and its answer has the form that is shown; so for the errors."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest

from agentos.api import message_stream as turn
from agentos.kernel.errors import ApiError
from tests.docs import collected
from tests.support.gateway import ROOT, event, invoke
from tests.support.seed import AGENT_ID, CONVERSATION_ID, KEY_ID, RESPONSE, SESSION_ID, TURN_ID, seed
from tests.support.sse import events
from tests.support.template import template
from tests.support.upstream import streamed_reply

PAGE = (ROOT / "docs" / "api.md").read_text()
SECTION = re.compile(r"^### `(\w+) (\S+)` → (\d+)$(.*?)(?=^##)", re.M | re.S)
NO_ROUTES = ("functions/unknown_route/", "functions/preflight/", "functions/console/")
IDS = {
    "agentId": AGENT_ID,
    "sessionId": SESSION_ID,
    "turnId": TURN_ID,
    "responseId": RESPONSE.text,
    "conversationId": CONVERSATION_ID,
    "itemId": "msg_00000000000000000000000007",
    "model": "local:smollm2",
    "keyId": KEY_ID,
    "tenant": "acme",
    "provider": "openai",
}


def routes() -> dict[tuple[str, str], str]:
    """The folder of the function behind each route of template.yaml. The console has none, nor do unknown routes."""
    resources = template()["Resources"].values()
    functions = [one["Properties"] for one in resources if one["Type"] == "AWS::Serverless::Function"]
    return {
        (http["Properties"]["Method"], http["Properties"]["Path"]): function["CodeUri"].strip("/").rpartition("/")[2]
        for function in functions
        for http in function["Events"].values()
        if http["Type"] == "Api" and function["CodeUri"] not in NO_ROUTES
    }


@dataclass(frozen=True)
class Section:
    """What the page says of one route."""

    method: str
    path: str
    status: int
    url: str
    """The example's, after the host."""
    body: str | None
    answer: Any

    @property
    def placeholders(self) -> str:
        """The path as it is written in a command: `/agents/<agent-id>`."""
        names = {
            "{agentId}": "<agent-id>",
            "{sessionId}": "<session-id>",
            "{turnId}": "<turn-id>",
            "{responseId}": "<response-id>",
            "{conversationId}": "<conversation-id>",
            "{itemId}": "<item-id>",
            "{model+}": "<model>",
            "{keyId}": "<key-id>",
            "{provider}": "openai",
            "{tenant}": "<tenant>",
        }
        path = self.path
        for name, placeholder in names.items():
            path = path.replace(name, placeholder)
        return path


def sections() -> Iterator[Section]:
    for method, path, status, text in SECTION.findall(PAGE):
        (command,) = re.findall(r"```bash\n(curl .*?)\n```", text, re.S)
        (url,) = re.findall(r"http://localhost:8080([^\s\"]*)", command)
        assert f"curl -X {method} " in command or (method == "GET" and "-X" not in command)
        body = re.search(r"-d '(.*)'", command, re.S)
        answer = re.search(r"```json\n(.*?)```", text, re.S)
        yield Section(method, path, int(status), url, body and body[1], answer and json.loads(answer[1]))


SECTIONS = list(sections())
POSTED = next(section for section in SECTIONS if (section.method, section.path[-9:]) == ("POST", "/messages"))


def test_every_route_is_documented_and_no_other() -> None:
    documented = [(section.method, section.path) for section in SECTIONS]
    assert sorted(documented) == sorted(routes())


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.method} {section.path}")
def test_the_example_works_and_answers_in_the_form_that_is_shown(
    section: Section, parameter_store: Any, api: Any, upstream: Any
) -> None:
    seed()
    reply = api.say(AGENT_ID, SESSION_ID).json
    path, _, query = section.url.partition("?")
    assert path == section.placeholders
    folder = routes()[section.method, section.path]

    body = section.body and section.body.replace("<message-id>", reply["messageId"])
    answer = invoke(folder, event(body, IDS, dict(parse_qsl(query)) or None))

    assert answer.status == section.status, answer.text
    assert bool(answer.text) == bool(section.answer)
    assert alike(json.loads(answer.text or "null"), section.answer)


def alike(real: Any, shown: Any) -> bool:
    """Whether both have the same fields, all the way down. A list may be shown in part, and null is like anything."""
    if isinstance(real, dict) and isinstance(shown, dict):
        return real.keys() == shown.keys() and all(alike(real[name], shown[name]) for name in real)
    if isinstance(real, list) and isinstance(shown, list):
        return all(alike(one, other) for one, other in zip(real, shown, strict=False))
    return real is None or shown is None or type(real) is type(shown)


def test_every_code_is_documented_with_its_status_and_no_other() -> None:
    def kinds(base: type[ApiError]) -> Iterator[type[ApiError]]:
        for kind in base.__subclasses__():
            yield kind
            yield from kinds(kind)

    documented = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.M)
    ours = {(kind.code, str(kind.status)) for kind in kinds(ApiError)}
    assert sorted(documented) == sorted(ours | set(collected.gateway_codes().items()))


def test_the_error_that_is_shown_is_one_that_is_sent(api: Any) -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[-1])
    body = {"name": "n", "model": "local:a", "config": {"fallbackModell": "gemini:flash-1.5"}}
    assert api("create_agent", body).json == {**shown, "requestId": "gateway-id"}


def test_the_stream_that_is_shown_is_one_that_is_sent(api: Any, upstream: Any) -> None:
    seed()
    upstream.script = [streamed_reply("Hello! How can ", "I help?")]
    path, body = re.findall(r"curl -N -X POST \"http://localhost:8080([^\"]*)\".*?-d '(.*?)'", PAGE, re.S)[0]
    (shown,) = re.findall(r"```text\n(id: .*?)```", PAGE, re.S)
    assert path == f"{POSTED.placeholders}?stream=true"

    sent = events(invoke("send_message", event(body, IDS, {"stream": "true"})).text)

    assert [(one.id, one.kind) for one in sent] == [(one.id, one.kind) for one in events(shown)]
    assert all(alike(real.data, example.data) for real, example in zip(sent, events(shown), strict=True))


def test_every_kind_of_event_is_documented_and_no_other() -> None:
    """As the code lists them."""
    documented = re.findall(r"^\| `([a-z_]+\.?[a-z]*)` \| `?\{", PAGE, re.M)
    listed = re.findall(r"^    ([a-z_]+\.?[a-z]*)\s{2,}\{", turn.__doc__ or "", re.M)
    assert set(listed) - {"message.end"} == set(documented)
