"""The view Agents: made, edited as a form, as rules and as JSON, compared, saved over another's change, deleted."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.management import LONG, fits_a_phone, open_view
from tests.console.tenants import FALLBACK, MODEL, Site

Axe = Callable[[Page], None]
RULES = [
    {"name": "code", "when": {"taskType": "code", "promptTokens": {"gte": 1, "lt": 900}}, "use": FALLBACK},
    {"name": "rest", "use": {"strategy": "weighted", "among": [{"model": MODEL, "weight": 95}]}},
]


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def shows_version(page: Page, number: int) -> None:
    expect(page.locator(".page-head")).to_contain_text(f"version {number}")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def test_an_agent_is_made_by_clicking(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, "agents")
    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="New agent").first.click()
    page.get_by_label("Name").fill("support")
    page.get_by_label("Model", exact=True).fill(MODEL)
    page.get_by_label("Further fallbacks").fill(f"{FALLBACK}\n\n")
    page.get_by_label("Temperature").fill("0.5")
    page.get_by_label("Instructions").fill("Answer in one sentence.")
    page.get_by_role("button", name="Make the agent").click()
    expect(page.get_by_role("heading", name="support")).to_be_visible()
    shows_version(page, 1)
    (stored,) = tenant.get("/agents")["data"]
    assert stored["model"] == MODEL
    assert stored["config"] == {
        "fallbackModels": [FALLBACK], "temperature": 0.5, "instructions": "Answer in one sentence.",
    }  # fmt: skip
    page.get_by_role("link", name="All agents").click()
    expect(page.get_by_role("link", name="support")).to_be_visible()
    axe(page)


def test_the_apis_messages_stand_at_their_fields(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "agents/new")
    page.get_by_label("Name").fill("support")
    page.get_by_label("Model", exact=True).fill("gpt")
    page.get_by_label("Temperature").fill("9x")
    page.get_by_role("button", name="Make the agent").click()
    model, temperature = page.get_by_label("Model", exact=True), page.get_by_label("Temperature")
    expect(model).to_have_attribute("aria-invalid", "true")
    expect(model).to_be_focused()
    expect(model).to_have_accessible_description(
        'provider:model must be "provider:model", such as "openai:gpt-4o-mini"'
    )
    expect(temperature).to_have_accessible_description("0 to 2 Input should be a valid number")
    expect(page.get_by_label("Name")).not_to_have_attribute("aria-invalid", "true")
    axe(page)
    tab(page, "JSON")
    expect(page.get_by_role("alert")).to_contain_text("config.temperature: Input should be a valid number")
    tab(page, "Form")
    model.fill(MODEL)
    temperature.fill("1")
    page.get_by_role("button", name="Make the agent").click()
    shows_version(page, 1)


def test_an_agent_is_edited_as_json_and_its_versions_are_compared(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent(config={"temperature": 1, "maxTokens": 100})
    open_view(page, site, tenant, f"agents/{agent}")
    tab(page, "Versions")
    expect(page.get_by_text("There is one version")).to_be_visible()
    tab(page, "JSON")
    text = page.get_by_label("The agent as JSON")
    edited = json.loads(text.input_value())
    assert edited["config"] == {"temperature": 1, "maxTokens": 100}
    text.fill("{")
    expect(text).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    text.fill("null")
    expect(text).to_have_accessible_description("This is not a JSON object.")
    for config in ({"routing": {"rules": "none"}}, {"routing": {"rules": [None]}}, {"fallbackModels": "x"}, [1]):
        text.fill(json.dumps({**edited, "config": config}))
        tab(page, "Rules")
        expect(page.get_by_text("The JSON has not the shape of an agent")).to_be_visible()
        tab(page, "JSON")
    text.fill(json.dumps({**edited, "config": {"maxTokens": 200, "verbosity": "low"}}))
    save(page)
    shows_version(page, 2)
    assert tenant.get(f"/agents/{agent}")["config"] == {"maxTokens": 200, "verbosity": "low"}
    tab(page, "Versions")
    changes = page.get_by_role("region", name="From version 1 to 2")
    expect(changes).to_contain_text('removed: "temperature": 1')
    expect(changes).to_contain_text('added: "verbosity": "low"')
    axe(page)
    page.get_by_role("button", name="Edit from version 1").click()
    expect(page.get_by_label("Temperature")).to_have_value("1")
    save(page)
    shows_version(page, 3)
    assert tenant.get(f"/agents/{agent}")["config"] == {"temperature": 1, "maxTokens": 100}


def test_a_change_of_someone_else_is_not_overwritten_unseen(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent(description="first")
    open_view(page, site, tenant, f"agents/{agent}")
    page.get_by_label("Name").fill("mine")
    tenant.call("PATCH", f"/agents/{agent}", json={"description": "theirs"})
    save(page)
    conflict = page.get_by_role("alert", name="Someone else has changed this agent")
    expect(conflict).to_contain_text("You opened version 1, and it is now version 2.")
    conflict.get_by_text("What they have changed").click()
    expect(conflict.get_by_role("region")).to_contain_text("theirs")
    expect(page.get_by_label("Name")).to_have_value("mine")
    axe(page)
    conflict.get_by_role("button", name="Save my changes over version 2").click()
    shows_version(page, 3)
    stored = tenant.get(f"/agents/{agent}")
    assert (stored["name"], stored["description"]) == ("mine", "theirs")


def test_edits_can_be_dropped_for_the_change_of_someone_else(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    open_view(page, site, tenant, f"agents/{agent}")
    page.get_by_label("Name").fill("mine")
    tenant.call("PATCH", f"/agents/{agent}", json={"name": "theirs"})
    save(page)
    page.get_by_role("button", name="Drop my edits and show version 2").click()
    expect(page.get_by_label("Name")).to_have_value("theirs")
    assert tenant.get(f"/agents/{agent}")["version"] == 2


def test_rules_are_made_by_clicking(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    open_view(page, site, tenant, f"agents/{agent}")
    tab(page, "Rules")
    expect(page.get_by_role("heading", name="No rules")).to_be_visible()
    for number, rule in enumerate(RULES, start=1):
        page.get_by_role("button", name="Add a rule").click()
        page.get_by_role("region", name=f"Rule {number}").get_by_label("Name of the rule").fill(str(rule["name"]))
    first, second = (page.get_by_role("region", name=f"Rule {number}") for number in (1, 2))
    conditions = [("taskType", "is", "code"), ("promptTokens", "is at least", "1"), ("promptTokens", "is below", "900")]
    for number, (fact, comparison, value) in enumerate(conditions, start=1):
        first.get_by_role("button", name="Add a condition").click()
        first.get_by_label(f"Fact of condition {number}").fill(fact)
        first.get_by_label(f"Comparison of condition {number}").select_option(comparison)
        first.get_by_label(f"Value of condition {number}").fill(value)
    first.get_by_label("Models", exact=True).fill(FALLBACK)
    second.get_by_label("Ask these models").select_option("by chance, by weight")
    second.get_by_label("Models", exact=True).fill(f"{MODEL} 95")
    axe(page)
    save(page)
    shows_version(page, 2)
    assert tenant.get(f"/agents/{agent}")["config"]["routing"]["rules"] == RULES
    page.get_by_role("button", name="Move rule 2 up").click()
    page.get_by_role("button", name="Remove rule 2").click()
    save(page)
    shows_version(page, 3)
    assert tenant.get(f"/agents/{agent}")["config"]["routing"]["rules"] == RULES[1:]


def test_a_mistake_in_a_rule_is_shown_at_the_rule(page: Page, site: Site) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, f"agents/{tenant.agent(config={'routing': {'rules': RULES[:1]}})}")
    tab(page, "Rules")
    page.get_by_label("Fact of condition 1").fill("weather")
    save(page)
    expect(page.get_by_role("region", name="Rule 1")).to_contain_text("'weather' is not a fact")


def test_rules_are_tested_without_a_call(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, f"agents/{tenant.agent(config={'routing': {'rules': RULES[:1]}})}")
    tab(page, "Rules")
    tester, before = page.get_by_role("region", name="Test the rules"), len(site.groq.requests)
    tester.get_by_label("Message").fill("Write it.")
    tester.get_by_label("Task type").fill("code")
    tester.get_by_role("button", name="Explain the route").click()
    plan = tester.get_by_role("status")
    expect(plan).to_contain_text("Rule: code")
    expect(plan.get_by_role("listitem").first).to_contain_text(FALLBACK)
    axe(page)
    page.get_by_label("Models", exact=True).fill(MODEL)
    tester.get_by_role("button", name="Explain the route").click()
    expect(tester).to_contain_text("Where would this message go with your edits?")
    expect(plan.get_by_role("listitem").first).to_contain_text(MODEL)
    tester.get_by_label("Metadata").fill("{region")
    tester.get_by_role("button", name="Explain the route").click()
    expect(tester.get_by_role("alert")).to_contain_text("Metadata is not JSON")
    assert len(site.groq.requests) == before


def test_an_agent_is_deleted_after_a_question(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = tenant.agent()
    open_view(page, site, tenant, f"agents/{agent}")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete this agent?")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Cancel").click()
    assert tenant.call("GET", f"/agents/{agent}").status_code == 200
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete the agent").click()
    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()
    assert tenant.call("GET", f"/agents/{agent}").status_code == 404


def test_an_agent_that_is_not_there_is_an_error_in_words(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "agents/agent_00000000000000000000000009")
    expect(page.get_by_role("alert")).to_contain_text("There is no such agent")
    axe(page)


def test_long_names_fit(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = tenant.agent(
        name=LONG, description=LONG, config={"routing": {"rules": [{"name": LONG[:100], "use": MODEL}]}}
    )
    open_view(page, site, tenant, "agents")
    fits_a_phone(page)
    page.get_by_role("link", name=LONG).click()
    expect(page.get_by_role("heading", name=LONG)).to_be_visible()
    fits_a_phone(page)
    tab(page, "Rules")
    fits_a_phone(page)
    assert tenant.get(f"/agents/{agent}")["version"] == 1


def test_a_key_that_may_only_read_cannot_save(page: Page, site: Site) -> None:
    tenant = site.tenant("agents:read")
    open_view(page, site, tenant, "agents")
    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()
    expect(page.get_by_role("link", name="Agents")).to_be_visible()
