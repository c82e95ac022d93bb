"""The route beside an answer: fallback watched, the plan before anything is sent, and what was skipped."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.chat import answers, box, open_chat, routes, send
from tests.console.management import fits_a_phone, hold
from tests.console.tenants import FALLBACK, MODEL, Site
from tests.support.browser import needs_chromium
from tests.support.upstream import refusal, streamed_reply

pytestmark = needs_chromium

Axe = Callable[[Page], None]


def fact(page: Page, name: str) -> str:
    """What a route says under a name."""
    return routes(page).last.locator("dt", has_text=name).locator("xpath=following-sibling::dd").inner_text()


def test_a_fallback_is_watched(page: Page, site: Site, axe: Axe) -> None:
    """A switch makes a provider fail, which is not called then, and the fallback answers."""
    open_chat(page, site, site.tenant())
    site.groq.script = [streamed_reply("Groq is here.")]
    page.get_by_role("button", name="Options").click()
    page.get_by_role("switch", name="openai").check()
    page.get_by_label("How openai fails").select_option("rate_limited")
    axe(page)
    send(page, "Who answers now?")
    expect(answers(page)).to_have_text("Groq is here.")
    attempts = routes(page).get_by_label("Attempts").get_by_role("listitem")
    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("rate_limited")
    expect(attempts.first).to_contain_text("simulated")
    expect(attempts.last).to_contain_text("ok")
    expect(attempts.locator("svg")).to_have_count(2)
    assert fact(page, "Requested") == MODEL
    assert fact(page, "Served") == FALLBACK
    assert fact(page, "Tokens").startswith("10 in, 5 out")
    assert fact(page, "Cost").startswith("$0.0")
    expect(routes(page).get_by_text("fallback", exact=True)).to_be_visible()
    assert site.openai.requests == []
    axe(page)
    fits_a_phone(page)

    page.get_by_role("switch", name="openai").uncheck()
    site.openai.script = [streamed_reply("OpenAI again.")]
    send(page, "And now?")
    expect(answers(page).last).to_have_text("OpenAI again.")
    expect(routes(page).last.get_by_text("fallback", exact=True)).to_have_count(0)


def test_a_real_failure_shows_its_status_and_class(page: Page, site: Site) -> None:
    open_chat(page, site, site.tenant())
    site.openai.script = [refusal(402)]
    site.groq.script = [streamed_reply("Groq is here.")]
    send(page, "Who answers now?")
    first = routes(page).get_by_label("Attempts").get_by_role("listitem").first
    expect(first).to_contain_text("quota")
    expect(first).to_contain_text("402")


def test_the_plan_is_explained_before_anything_is_sent(page: Page, site: Site, axe: Axe) -> None:
    rules = [{"name": "code", "when": {"taskType": "code"}, "use": FALLBACK}]
    open_chat(page, site, site.tenant(), config={"fallbackModel": "gemini:flash-1.5", "routing": {"rules": rules}})
    box(page).fill("Write a sort.")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Task type").fill("code")
    page.get_by_role("button", name="Explain").click()
    dialog = page.get_by_role("dialog", name="Who would be asked")
    expect(dialog.locator("dl")).to_contain_text("Rulecode")
    expect(dialog.get_by_label("Targets").get_by_role("listitem").first).to_contain_text(FALLBACK)
    dialog.get_by_text("skipped", exact=False).click()
    expect(dialog.locator(".skipped")).to_contain_text("not configured")
    axe(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert site.openai.requests == site.groq.requests == []
    expect(box(page)).to_have_value("Write a sort.")


def test_a_plan_that_comes_after_its_dialog_was_closed_is_dropped(page: Page, site: Site) -> None:
    open_chat(page, site, site.tenant())
    box(page).fill("Write a sort.")
    held = hold(page, "**/route")
    with page.expect_request("**/route"):
        page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("dialog", name="Who would be asked")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_response("**/route"):
        held[0].continue_()
    page.wait_for_timeout(500)  # it would be shown at once
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Explain")).to_be_focused()
