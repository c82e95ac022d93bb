"""The view What if: stored turns answered once more side by side, and what recorded turns would have cost."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.management import LONG, fits_a_phone, open_view
from tests.console.tenants import FALLBACK, MODEL, Site, Tenant
from tests.e2e.hosting import eventually
from tests.support.upstream import answer, refusal

Axe = Callable[[Page], None]
HOSTILE = "<img src=x onerror=\"document.title='stolen'\"> [a](javascript:alert(1)) <script>alert(2)</script>"


def stored(site: Site, *questions: str, **agent: Any) -> tuple[Tenant, str, str]:
    """A tenant with an agent and a session, in which these questions were answered."""
    tenant = site.tenant()
    agent_id = tenant.agent(**agent)
    session_id = tenant.session(agent_id)
    for number, question in enumerate(questions, start=1):
        site.openai.script.append(answer(f"Answer {number}."))
        tenant.say(agent_id, session_id, question)
    site.openai.requests.clear()
    return tenant, agent_id, session_id


def side(page: Page, number: int, name: str) -> Locator:
    """One of the two answers to the question of that number."""
    return page.get_by_role("region", name=f"Answer {number}", exact=True).get_by_label(name, exact=True)


def run(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Answer (it|both|all).* again$")).click()


def test_one_answer_is_given_again_by_another_model(page: Page, site: Site, axe: Axe) -> None:
    tenant, agent_id, session_id = stored(site, "How far is the moon?", "And the sun?")
    before = tenant.get(f"/agents/{agent_id}/sessions/{session_id}/messages")
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    page.get_by_label("Answers", exact=True).select_option("2. And the sun?")
    page.get_by_label("Model", exact=True).fill(FALLBACK)
    axe(page)
    run(page)
    expect(side(page, 1, "What if")).to_contain_text("Hello from groq.")
    expect(side(page, 1, "What if")).to_contain_text(FALLBACK)
    expect(side(page, 1, "Stored")).to_contain_text("Answer 2.")
    for name in ("Stored", "What if"):
        facts = side(page, 1, name)
        expect(facts).to_contain_text(re.compile(r"Tokens10 in, 5 out"))
        expect(facts).to_contain_text(re.compile(r"Cost\$0\.0000\d+"))
        expect(facts).to_contain_text(re.compile(r"Time\d+ ms|Time\d+\.\d s"))
    expect(page.get_by_text("1 of 1 answered")).to_be_visible()
    assert [message["content"] for message in site.groq.requests[-1]["messages"]] == [
        "How far is the moon?",
        "Answer 1.",
        "And the sun?",
    ]
    assert tenant.get(f"/agents/{agent_id}/sessions/{session_id}/messages") == before
    assert tenant.get(f"/agents/{agent_id}")["model"] == MODEL
    axe(page)
    fits_a_phone(page)


def test_a_whole_session_is_run_with_other_instructions_and_added_up(page: Page, site: Site, axe: Axe) -> None:
    tenant, agent_id, session_id = stored(site, "One?", "Two?", "Three?")
    open_view(page, site, tenant, f"sessions/{agent_id}/{session_id}")
    page.get_by_role("link", name="What if", exact=True).last.click()
    page.get_by_label("Instructions").fill("Answer in rhymes.")
    run(page)
    expect(page.get_by_text("3 of 3 answered")).to_be_visible()
    for number in (1, 2, 3):
        expect(side(page, number, "Stored")).to_contain_text(f"Answer {number}.")
        expect(side(page, number, "What if")).to_contain_text("Hello from openai.")
    sums = page.get_by_role("region", name="Sums of both")
    expect(sums.get_by_role("row")).to_have_count(3)
    expect(sums).to_contain_text("30")
    expect(page.get_by_role("heading", name="3 answers in all")).to_be_visible()
    said = [request["messages"][0] for request in site.openai.requests]
    assert said == [{"role": "system", "content": "Answer in rhymes."}] * 3
    axe(page)
    fits_a_phone(page)


def test_a_rule_sends_the_question_elsewhere(page: Page, site: Site) -> None:
    tenant, agent_id, session_id = stored(site, "One?")
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    page.get_by_text("Rules of the agent").click()
    page.get_by_role("button", name="Add a rule").click()
    rule = page.get_by_role("region", name="Rule 1")
    rule.get_by_label("Models").fill(FALLBACK)
    run(page)
    expect(side(page, 1, "What if")).to_contain_text("rule new rule")
    expect(side(page, 1, "What if")).to_contain_text("Hello from groq.")


def test_a_run_is_stopped_and_keeps_what_has_come(page: Page, site: Site) -> None:
    tenant, agent_id, session_id = stored(site, "One?", "Two?", "Three?")
    reached, release = threading.Event(), threading.Event()
    slow = answer("Too late.")
    slow.before = lambda: (reached.set(), release.wait(60))
    site.openai.script += [answer("First again."), slow]
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    try:
        run(page)
        expect(page.get_by_text("Answering 2 of 3 …")).to_be_visible()
        expect(side(page, 1, "What if")).to_contain_text("First again.")
        assert reached.wait(60)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text("1 of 3 answered")).to_be_visible()
        for number in (2, 3):
            expect(side(page, number, "What if")).to_contain_text("Not answered yet.")
    finally:
        release.set()


def test_mistakes_and_failures_are_shown_where_they_belong(page: Page, site: Site, axe: Axe) -> None:
    tenant, agent_id, session_id = stored(site, "One?", "Two?")
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    page.get_by_label("Model", exact=True).fill("nobody:x")
    run(page)
    expect(page.get_by_label("Model", exact=True)).to_have_accessible_description(re.compile("there is no provider"))
    expect(side(page, 2, "What if")).to_contain_text("Not answered yet.")
    assert site.openai.requests == []
    axe(page)
    page.get_by_role("button", name="Drop my changes").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value(MODEL)
    site.openai.script += [refusal(401), answer("Second again.")]
    site.groq.script += [refusal(401)]
    run(page)
    expect(side(page, 1, "What if").get_by_role("alert")).to_contain_text("upstream_failed")
    expect(side(page, 2, "What if")).to_contain_text("Second again.")
    axe(page)


def test_hostile_and_long_texts_stay_texts(page: Page, site: Site) -> None:
    tenant, agent_id, session_id = stored(site, f"{HOSTILE} {LONG}")
    site.openai.script.append(answer(f"{HOSTILE} {LONG}"))
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    run(page)
    expect(side(page, 1, "What if")).to_contain_text("onerror")
    assert page.title() == "What if · AgentOS console"
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    fits_a_phone(page)


def test_without_sessions_or_answers_it_says_so(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, "what-if")
    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()
    agent_id = tenant.agent()
    open_view(page, site, tenant, f"what-if/{agent_id}")
    expect(page.get_by_role("heading", name="No sessions")).to_be_visible()
    open_view(page, site, tenant, f"what-if/{agent_id}/{tenant.session(agent_id)}")
    expect(page.get_by_role("heading", name="No answer")).to_be_visible()
    axe(page)


# --- recorded turns --------------------------------------------------------------------------------


def recorded(site: Site) -> Tenant:
    """A tenant with two turns, and one that failed, all recorded."""
    tenant, agent_id, session_id = stored(site, "One?", "Two?")
    site.openai.script += [refusal(401)]
    tenant.call("POST", f"/agents/{agent_id}/sessions/{session_id}/messages", json={"content": "Three?"})
    eventually(lambda: tenant.call("POST", "/usage/what-if", json={"model": MODEL}).json()["total"]["turns"] == 3)
    return tenant


def test_a_week_of_turns_at_another_models_prices(page: Page, site: Site, axe: Axe) -> None:
    tenant = recorded(site)
    expected = tenant.call("POST", "/usage/what-if", json={"model": "openai:gpt-6.1-sol"}).json()["total"]
    open_view(page, site, tenant, "what-if")
    page.get_by_role("tab", name="Recorded turns").click()
    page.get_by_label("Model", exact=True).fill("openai:gpt-6.1-sol")
    page.get_by_role("button", name="Add up").click()
    expect(page.get_by_text("2 turns have cost")).to_contain_text("At openai:gpt-6.1-sol they would have cost $")
    table = page.get_by_role("region", name="Cost by day, really and what if")
    total = table.get_by_role("row").last.get_by_role("cell")
    expect(total).to_have_text(["In all", "3", "2", *[re.compile(r"\$0\.\d+")] * 2, re.compile(r"\+\$0\.\d+")])
    expect(table.get_by_role("row").nth(1)).to_contain_text(str(datetime.now(UTC).date()))
    assert expected["whatIfCostUsd"] > expected["costUsd"]
    expect(page.locator(".uplot canvas")).to_have_count(1)
    expect(page.get_by_role("listitem").filter(has_text="without an answer")).to_contain_text("1 turn")
    axe(page)
    fits_a_phone(page)


def test_an_unknown_model_and_a_time_without_turns(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "what-if")
    page.get_by_role("tab", name="Recorded turns").click()
    page.get_by_label("Model", exact=True).fill("nobody:x")
    page.get_by_role("button", name="Add up").click()
    expect(page.get_by_label("Model", exact=True)).to_have_accessible_description(re.compile("there is no provider"))
    page.get_by_label("Model", exact=True).fill(MODEL)
    page.get_by_role("button", name="Add up").click()
    expect(page.get_by_role("heading", name="No turns in this time")).to_be_visible()
    axe(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_both_schemes(page: Page, site: Site, axe: Axe, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    tenant, agent_id, session_id = stored(site, "How far is the moon?")
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    page.get_by_label("Model", exact=True).fill(FALLBACK)
    run(page)
    expect(side(page, 1, "What if")).to_contain_text("Hello from groq.")
    axe(page)


def test_a_key_without_usage_sees_no_recorded_turns(page: Page, site: Site) -> None:
    tenant = site.tenant("chat", "agents:read")
    open_view(page, site, tenant, "what-if")
    expect(page.get_by_role("tab", name="A stored session")).to_be_visible()
    expect(page.get_by_role("tab", name="Recorded turns")).to_have_count(0)
    open_view(page, site, site.tenant("usage"), "what-if")
    expect(page.get_by_role("link", name="What if")).to_have_count(0)
