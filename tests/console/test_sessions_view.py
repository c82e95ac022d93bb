"""The view Sessions: listed by agent and user, read, forked, exported and deleted."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.management import LONG, fits_a_phone, open_view
from tests.console.tenants import FALLBACK, Site
from tests.support.upstream import Reply

Axe = Callable[[Page], None]
HOSTILE = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'


def search(page: Page, field: str, text: str) -> None:
    page.get_by_label(field).fill(text)
    page.get_by_role("button", name="Search").click()


def test_sessions_are_listed_by_agent_and_user(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    first, second = tenant.agent(name="first"), tenant.agent(name="second")
    anns, bens = tenant.session(first, userId="ann", metadata={"tier": "gold"}), tenant.session(first, userId="ben")
    others = tenant.session(second)
    open_view(page, site, tenant, "sessions")
    rows = page.get_by_role("region", name="Sessions").get_by_role("link")
    expect(rows).to_have_text([others])
    page.get_by_label("Agent").select_option("first")
    expect(rows).to_have_text([bens, anns])
    expect(page.get_by_role("region", name="Sessions")).to_contain_text('{"tier":"gold"}')
    axe(page)
    search(page, "User", "ann")
    expect(rows).to_have_text([anns])
    search(page, "User", "nobody")
    expect(page.get_by_text("None with this agent is like that.")).to_be_visible()
    axe(page)


def test_sessions_are_found_by_id_and_metadata(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    gold = tenant.session(agent, metadata={"tier": "gold", "region": "eu"})
    others = [tenant.session(agent, metadata={"tier": "gold", "region": "us"}), tenant.session(agent)]
    open_view(page, site, tenant, f"sessions/{agent}")
    rows = page.get_by_role("region", name="Sessions").get_by_role("link")
    expect(rows).to_have_text([*reversed(others), gold])
    search(page, "Id begins with", others[1])
    expect(rows).to_have_text([others[1]])
    search(page, "Id begins with", "")
    search(page, "Metadata", "tier=gold, region=eu")
    expect(rows).to_have_text([gold])
    page.reload()
    expect(rows).to_have_text([gold])
    expect(page.get_by_label("Metadata")).to_have_value("tier=gold, region=eu")
    search(page, "Metadata", "gold")
    expect(page.get_by_label("Metadata")).to_have_accessible_description(
        "Write name=value, several of them with commas."
    )
    search(page, "Metadata", "")
    search(page, "Id begins with", "agent_")
    expect(page.get_by_text("None with this agent is like that.")).to_be_visible()


def test_without_agents_there_are_no_sessions(page: Page, site: Site) -> None:
    open_view(page, site, site.tenant(), "sessions")
    expect(page.get_by_text("Sessions belong to an agent.")).to_be_visible()


def test_a_history_is_read_page_by_page(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent(config={"fallbackModel": FALLBACK})
    session = tenant.session(agent, userId="ann", metadata={"tier": "gold"})
    for number in range(26):
        tenant.say(agent, session, f"Question {number}")
    open_view(page, site, tenant, f"sessions/{agent}/{session}")
    messages = page.get_by_role("article")
    expect(messages).to_have_count(50)
    expect(messages.nth(0)).to_contain_text("Question 0")
    expect(messages.nth(1)).to_contain_text("Hello from openai.")
    expect(messages.nth(1)).to_contain_text("15 tokens")
    page.get_by_role("button", name="Show more").click()
    expect(messages).to_have_count(52)
    expect(messages.nth(50)).to_contain_text("Question 25")
    axe(page)


def test_a_session_is_forked_from_a_message(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    session = tenant.session(agent, userId="ann", metadata={"tier": "gold"})
    for content in ("One", "Two"):
        tenant.say(agent, session, content)
    open_view(page, site, tenant, f"sessions/{agent}/{session}")
    page.get_by_role("article").nth(1).get_by_role("button", name="Fork from here").click()
    expect(page.get_by_text("Forked. This is the new session.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(2)
    made = next(one for one in tenant.get(f"/agents/{agent}/sessions")["data"] if one["sessionId"] != session)
    assert (made["userId"], made["metadata"], made["messageCount"]) == ("ann", {"tier": "gold"}, 2)
    assert page.url.endswith(made["sessionId"])


def test_a_session_is_exported_whole(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    session = tenant.session(agent)
    for number in range(51):
        tenant.say(agent, session, f"Question {number}")
    open_view(page, site, tenant, f"sessions/{agent}/{session}")
    with page.expect_download() as begun:
        page.get_by_role("button", name="Export").click()
    assert begun.value.suggested_filename == f"{session}.json"
    exported = json.loads(begun.value.path().read_text())
    path = f"/agents/{agent}/sessions/{session}"
    pages = [tenant.get(f"{path}/messages", limit=100)]
    pages.append(tenant.get(f"{path}/messages", limit=100, after=pages[0]["nextCursor"]))
    assert exported["session"] == tenant.get(path)
    assert exported["messages"] == [message for one in pages for message in one["data"]]
    assert len(exported["messages"]) == 102
    expect(page.get_by_text("Exported 102 messages.")).to_be_visible()


def test_a_session_is_deleted_after_a_question(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    session = tenant.session(agent)
    open_view(page, site, tenant, f"sessions/{agent}/{session}")
    expect(page.get_by_text("Nothing was said yet")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    axe(page)
    page.get_by_role("button", name="Delete the session").click()
    expect(page.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
    assert tenant.call("GET", f"/agents/{agent}/sessions/{session}").status_code == 404


def test_a_session_that_is_not_there_is_an_error_in_words(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, f"sessions/{tenant.agent()}/sess_00000000000000000000000009")
    expect(page.get_by_role("alert").first).to_contain_text("There is no such session")
    axe(page)


def test_long_names_fit_and_markup_is_text(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent(name=LONG)
    session = tenant.session(agent, userId=LONG, metadata={LONG: LONG, "markup": HOSTILE})
    tenant.say(agent, session, f"{HOSTILE} {LONG}")
    open_view(page, site, tenant, f"sessions/{agent}")
    fits_a_phone(page)
    page.get_by_role("link", name=session).click()
    expect(page.get_by_role("article").first).to_contain_text(HOSTILE)
    fits_a_phone(page)
    assert page.title().endswith("AgentOS console")
    assert page.locator("main img, main script").count() == 0


def test_a_fallback_is_named(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent(config={"fallbackModel": FALLBACK})
    session = tenant.session(agent)
    site.openai.script.append(Reply({"error": {"message": "no", "type": "invalid_request_error"}}, status=400))
    tenant.say(agent, session)
    open_view(page, site, tenant, f"sessions/{agent}/{session}")
    expect(page.get_by_role("article").nth(1)).to_contain_text("a fallback: openai:gpt-4o-mini was asked for")
