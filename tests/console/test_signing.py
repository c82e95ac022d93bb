"""Under AUTH=iam the page signs its requests with AWS credentials, as botocore would."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from playwright.sync_api import Page, expect

from tests.console.chat import answers, box, send
from tests.e2e.hosting import Host, start
from tests.support.browser import needs_chromium
from tests.support.upstream import Upstream, answer, streamed_reply

pytestmark = needs_chromium

KEY, SECRET, REGION = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "eu-west-1"
NOW = datetime(2026, 11, 27, 20, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream(default=answer("Hello from openai.")) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, provider: Upstream) -> Iterator[Host]:
    credentials = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    upstream = {"OPENAI_API_KEY": "openai-key", "OPENAI_ENDPOINT": provider.url}
    host = start(tmp_path_factory.mktemp("signing"), {"AUTH": "iam", **credentials, **upstream})
    yield host
    host.end()


def opened(page: Page, host: Host, view: str = "chat") -> Any:
    """The dialog in which the page asks for credentials."""
    page.goto(f"{str(host.client.base_url).rstrip('/')}/console#/{view}")
    dialog = page.get_by_role("dialog", name="Enter a key")
    expect(dialog).to_contain_text("signed with AWS credentials")
    return dialog


def enter(dialog: Any, secret: str) -> None:
    dialog.get_by_label("Access key ID").fill(KEY)
    dialog.get_by_label("Secret access key").fill(secret)
    expect(dialog.get_by_role("button", name="Sign with these")).to_be_disabled()  # the host's name has no region
    dialog.get_by_label("Region").fill(REGION)
    dialog.get_by_role("button", name="Sign with these").click()


def test_who_signs_can_use_it_all(page: Page, host: Host, provider: Upstream, axe: Callable[[Page], None]) -> None:
    provider.script = [streamed_reply("Mercury.")]
    dialog = opened(page, host)
    axe(page)
    enter(dialog, SECRET)
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="New agent").click()
    page.get_by_label("Name", exact=True).fill("planets & (odd) names!")
    page.get_by_label("Model", exact=True).fill("openai:gpt-4o-mini")
    page.keyboard.press("Enter")
    expect(box(page)).to_be_visible()
    send(page, "Which is the smallest planet?")
    expect(answers(page)).to_have_text("Mercury.")
    box(page).fill("And the largest?")
    page.get_by_role("button", name="Copy as", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text('--aws-sigv4 "aws:amz:eu-west-1:execute-api"')
    assert SECRET not in page.get_by_role("dialog").inner_text()
    page.get_by_role("button", name="Close").click()
    page.goto(f"{str(host.client.base_url).rstrip('/')}/console#/sessions")
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    page.get_by_role("button", name="Forget").click()
    assert page.evaluate("Object.keys(sessionStorage)") == []


@pytest.mark.parametrize("view", ["agents", "sessions", "providers", "usage", "what-if", "access"])
def test_a_view_is_loaded_anew_for_who_signs(page: Page, host: Host, view: str) -> None:
    enter(opened(page, host, view), SECRET)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_who_signs_with_another_secret_is_asked_again(page: Page, host: Host) -> None:
    enter(opened(page, host), "wrong")
    expect(page.get_by_role("dialog", name="Enter a key")).to_contain_text("signed with AWS credentials")


REQUESTS = [
    ("GET", "/agents", {}, ""),
    ("GET", "/agents", {"limit": "20", "after": "", "order": "asc"}, ""),
    ("GET", "/v1/models/openai%2Fgpt%20(x)!", {"q": "a b+c/ü~*'", "a-b": "2", "a": "1"}, ""),
    ("POST", "/prod/agents/agent_1/sessions", {"stream": "true"}, '{"content":"Grüße 🙂"}'),
    ("DELETE", "/keys/1", {}, ""),
]


@pytest.mark.parametrize("token", ["", "a-token/+="])
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: f"{one[0]} {one[1]}")
def test_a_signature_is_botocores(page: Page, host: Host, request_: Any, token: str) -> None:
    method, path, query, body = request_
    page.goto(f"{str(host.client.base_url).rstrip('/')}/console")
    signed = page.evaluate(
        """async ([method, path, query, body, credentials, now]) => {
            const {files} = document.querySelector("script").dataset;
            const {encoded, signature} = await import(`${files}signing.js`);
            const url = new URL(path, "https://abc.execute-api.eu-west-1.amazonaws.com");
            url.search = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
            return [url.href, await signature(credentials, method, url, body, new Date(now))];
        }""",
        [method, path, query, body, {"accessKey": KEY, "secretKey": SECRET, "token": token, "region": REGION},
         NOW.isoformat()],
    )  # fmt: skip
    url, headers = signed
    theirs = AWSRequest(method, url, {}, body.encode())
    theirs.context["timestamp"] = headers["x-amz-date"]
    theirs.headers["X-Amz-Date"] = headers["x-amz-date"]
    if token:
        theirs.headers["X-Amz-Security-Token"] = token
    auth = SigV4Auth(Credentials(KEY, SECRET, token or None), "execute-api", REGION)
    expected = auth.signature(auth.string_to_sign(theirs, auth.canonical_request(theirs)), theirs)
    assert headers["x-amz-date"] == "20261127T200509Z"
    assert headers["authorization"].endswith(f"Signature={expected}"), json.dumps(signed)
