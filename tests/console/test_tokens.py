"""Under AUTH=jwt the key is a token of the issuer."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.console.chat import answers, box, send
from tests.e2e.hosting import Host, start
from tests.support.browser import needs_chromium
from tests.support.issuer import Issuer
from tests.support.upstream import Upstream, streamed_reply

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, provider: Upstream, issuer: Issuer) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("tokens")
    overlay = folder / "tokens.yaml"
    overlay.write_text(issuer.configuration)
    upstream = {"OPENAI_API_KEY": "openai-key", "OPENAI_ENDPOINT": provider.url}
    host = start(folder, {"AUTH": "jwt", "AGENTOS_CONFIG": str(overlay), **upstream})
    yield host
    host.end()


def enter(page: Page, token: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key", exact=True).fill(token)
    dialog.get_by_role("button", name="Use this key").click()


def test_a_token_is_the_key(
    page: Page, host: Host, provider: Upstream, issuer: Issuer, axe: Callable[[Page], None]
) -> None:
    provider.script = [streamed_reply("Mercury.")]
    page.goto(f"{str(host.client.base_url).rstrip('/')}/console#/chat")
    enter(page, issuer.token(exp=1))
    expect(page.get_by_role("dialog", name="The key is not valid")).to_contain_text("The API refuses this key.")
    enter(page, issuer.token(scope="agents:read chat"))
    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()
    expect(page.get_by_role("button", name="New agent")).to_have_count(0)
    page.get_by_role("button", name="Change key").click()
    enter(page, issuer.token(scope="agents:read agents:write chat"))
    page.get_by_role("button", name="New agent").click()
    page.get_by_label("Name", exact=True).fill("planets")
    page.get_by_label("Model", exact=True).fill("openai:gpt-4o-mini")
    page.keyboard.press("Enter")
    expect(box(page)).to_be_visible()
    send(page, "Which is the smallest planet?")
    expect(answers(page)).to_have_text("Mercury.")
    axe(page)
