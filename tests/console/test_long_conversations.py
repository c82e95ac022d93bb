"""A conversation of which the page shows the newest messages, and earlier ones on request."""

from playwright.sync_api import Page, expect

from tests.console.chat import messages
from tests.console.management import hold, open_view
from tests.console.tenants import Site, Tenant
from tests.support.browser import needs_chromium

pytestmark = needs_chromium

SHOWN = 50
"""The messages of one page."""
TURNS = SHOWN // 2 + 1
EARLIER = "**/messages?*after=*"
"""The requests for earlier messages."""


def conversation(tenant: Tenant, agent: str, turns: int) -> str:
    """The id of a new session."""
    session = tenant.session(agent)
    for number in range(turns):
        tenant.say(agent, session, f"message {number}")
    return session


def ask_for_earlier(page: Page) -> None:
    with page.expect_request(EARLIER):
        page.get_by_role("button", name="Show earlier messages").click()


def test_earlier_messages_come_once_however_often_they_are_asked_for(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    open_view(page, site, tenant, f"chat/{agent}/{conversation(tenant, agent, TURNS)}")
    expect(messages(page)).to_have_count(SHOWN)
    expect(messages(page).first).to_contain_text("message 1")
    held = hold(page, EARLIER)
    ask_for_earlier(page)
    ask_for_earlier(page)
    for route in held:
        with page.expect_response(route.request.url):
            route.continue_()
    expect(messages(page).first).to_contain_text("message 0")
    page.wait_for_timeout(500)  # others would be shown at once
    expect(messages(page)).to_have_count(2 * TURNS)
    expect(page.get_by_role("button", name="Show earlier messages")).to_have_count(0)


def test_earlier_messages_do_not_come_into_another_session(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    long, short = (conversation(tenant, agent, turns) for turns in (TURNS, 1))
    open_view(page, site, tenant, f"chat/{agent}/{long}")
    expect(messages(page)).to_have_count(SHOWN)
    held = hold(page, EARLIER)
    ask_for_earlier(page)
    page.goto(f"{site.url}/console#/chat/{agent}/{short}")
    expect(messages(page)).to_have_count(2)
    with page.expect_response(held[0].request.url):
        held[0].continue_()
    page.wait_for_timeout(500)  # they would be shown at once
    expect(messages(page)).to_have_count(2)
