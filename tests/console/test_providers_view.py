"""The view Providers: who can answer, what others lack, their last hour, and how it goes on by itself."""

import re
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Locator, Page, Route, expect

from tests.console.management import fits_a_phone, open_view
from tests.console.tenants import Site, with_three_turns
from tests.support.upstream import Reply

Axe = Callable[[Page], None]
WINDOWS = 12
"""The parts of the last hour, of which each is asked for."""


def card(page: Page, provider: str) -> Locator:
    return page.get_by_role("article", name=provider, exact=True)


def expect_that(page: Page, holds: Callable[[], bool]) -> None:
    """Waits until something holds that the page's requests change."""
    while not holds():
        page.wait_for_timeout(50)


def test_the_matrix_says_who_can_answer_and_what_others_lack(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "providers")
    expect(page.get_by_text(re.compile(r"^Looked at \d\d:\d\d:\d\d, every 15 seconds\.$"))).to_be_visible()
    openai, gemini = card(page, "openai"), card(page, "gemini")
    expect(openai).to_contain_text("available")
    expect(openai).to_contain_text("No calls in the last hour.")
    expect(gemini).to_contain_text("not configured")
    expect(gemini).to_contain_text("Missing: GEMINI_API_KEY. Also read: GEMINI_ENDPOINT.")
    openai.get_by_text(re.compile(r"\d models")).click()
    models = openai.get_by_role("region", name="Models and prices in USD per million tokens")
    row = models.get_by_role("row").filter(has_text="openai:gpt-4o-mini")
    expect(row).to_contain_text("images, structured output, tools")
    expect(row).to_contain_text("128,000")
    expect(row).to_contain_text("$0.15")
    axe(page)
    fits_a_phone(page)


def test_those_that_can_answer_are_chosen(page: Page, site: Site) -> None:
    open_view(page, site, site.tenant(), "providers")
    cards = page.get_by_role("article")
    expect(card(page, "gemini")).to_be_visible()
    page.get_by_label("Show").select_option("those that can answer")
    expect(card(page, "gemini")).to_have_count(0)
    assert {"openai", "groq"} <= {str(card.get_attribute("aria-label")) for card in cards.all()}
    page.get_by_label("Show").select_option("those that cannot")
    expect(card(page, "gemini")).to_be_visible()
    expect(card(page, "openai")).to_have_count(0)


def test_calls_of_the_last_hour_are_seen(page: Page, site: Site, axe: Axe) -> None:
    tenant = with_three_turns(site)
    open_view(page, site, tenant, "providers")
    openai, groq = card(page, "openai"), card(page, "groq")
    expect(openai).to_contain_text("Calls3")
    expect(groq).to_contain_text("Calls1")
    expect(openai.get_by_role("img", name=re.compile("Latency in the last hour: .*latest .* ms"))).to_be_visible()
    expect(groq.get_by_role("img", name=re.compile("Failed calls in the last hour: .*latest 0 %"))).to_be_visible()
    axe(page)


def test_it_looks_again_by_itself_until_it_is_paused(page: Page, site: Site) -> None:
    page.clock.install()
    tenant = site.tenant()
    agent = tenant.agent()
    session = tenant.session(agent)
    open_view(page, site, tenant, "providers")
    openai = card(page, "openai")
    expect(openai).to_contain_text("No calls in the last hour.")
    tenant.say(agent, session)
    page.clock.run_for(20_000)
    expect(openai).to_contain_text("Calls1")
    page.get_by_role("button", name="Pause").click()
    tenant.say(agent, session)
    page.clock.run_for(60_000)
    expect(page.get_by_text("paused")).to_be_visible()
    expect(openai).to_contain_text("Calls1")
    for _ in range(18):  # a click does nothing while an earlier look is under way
        page.get_by_role("button", name="Look now").click()
        with suppress(AssertionError):
            expect(openai).to_contain_text("Calls2", timeout=10_000)
            break
    expect(openai).to_contain_text("Calls2")


def test_what_is_answered_to_an_earlier_key_is_dropped(page: Page, site: Site) -> None:
    """It comes after the page has another key, and says more than that key may read."""
    asked: list[Route] = []
    earlier, later = with_three_turns(site), site.tenant()

    def hold_the_last_window(route: Route) -> None:
        asked.append(route)
        if len(asked) != WINDOWS:
            route.continue_()

    page.route("**/usage?*", hold_the_last_window)
    open_view(page, site, earlier, "providers")
    expect(card(page, "openai")).to_be_visible()
    expect_that(page, lambda: len(asked) == WINDOWS)
    page.get_by_role("button", name="Change key").click()
    page.get_by_label("Key", exact=True).fill(later.key)
    page.get_by_role("button", name="Use this key").click()
    expect_that(page, lambda: len(asked) == 2 * WINDOWS)
    with page.expect_event("requestfinished", lambda request: request == asked[WINDOWS - 1].request):
        asked[WINDOWS - 1].continue_()
    page.wait_for_timeout(500)  # it would be shown at once
    expect(card(page, "openai")).to_contain_text("No calls in the last hour.")


def test_an_open_circuit_is_shown(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent(model="groq:openai/gpt-oss-20b", config={"fallbackModel": "openai:gpt-4o-mini"})
    session = tenant.session(agent)
    broken = Reply({"error": {"message": "broken"}}, status=500)
    site.groq.script.extend([broken] * 6)
    try:
        for _ in range(3):
            tenant.say(agent, session)
    finally:
        site.groq.script.clear()
    open_view(page, site, tenant, "providers")
    circuits = card(page, "groq").get_by_role("list", name="Circuits")
    expect(circuits).to_contain_text(
        re.compile(r"groq:openai/gpt-oss-20b is (left alone for \d+ s|being tried by one call)")
    )
    axe(page)


def test_without_the_scope_usage_there_are_no_numbers(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant("chat"), "providers")
    expect(page.get_by_text("Your key may not read usage")).to_be_visible()
    expect(card(page, "openai")).not_to_contain_text("Latency")
    axe(page)


def test_an_api_that_does_not_answer_is_an_error_in_words(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "providers")
    page.context.set_offline(True)
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_role("alert")).to_contain_text("The API cannot be reached.")
    expect(card(page, "openai")).to_be_visible()
    axe(page)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
