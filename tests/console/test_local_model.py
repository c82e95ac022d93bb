"""The console as a newcomer has it: `make run` without any key, and the small local model."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.console.chat import answers, routes, send
from tests.e2e.hosting import Host, start
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def newcomers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    running = start(tmp_path_factory.mktemp("newcomer"), {"LOCAL_MODEL": "1"})
    yield running
    running.end()


def test_the_local_model_answers_without_any_key(page: Page, newcomers: Host) -> None:
    page.goto(f"{str(newcomers.client.base_url).rstrip('/')}/console")
    page.get_by_role("button", name="New agent").click()
    page.get_by_label("Name", exact=True).fill("routing-agent")
    page.get_by_label("Model", exact=True).fill("openai:gpt-4o-mini")
    page.get_by_label("Fallback model").fill("gemini:flash-1.5")
    page.get_by_role("button", name="Make the agent").click()
    send(page, "Say hello.")
    expect(routes(page)).to_have_count(1)
    expect(answers(page)).not_to_be_empty()
    route = routes(page)
    expect(route.get_by_label("Attempts")).to_contain_text("local:smollm2")
    route.get_by_text("skipped").click()
    expect(route.locator(".skipped")).to_contain_text("OPENAI_API_KEY is not set")
    expect(route.locator(".skipped")).to_contain_text("GEMINI_API_KEY is not set")
