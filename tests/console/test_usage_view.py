"""The view Usage: sums, plots and their tables, by provider and model, and the caller's budgets."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.console.management import fits_a_phone, open_view
from tests.console.tenants import FALLBACK, Site, Tenant, with_three_turns
from tests.e2e.hosting import eventually

Axe = Callable[[Page], None]


def used(site: Site) -> Tenant:
    """A tenant with three turns, one of which a fallback answered, once they are counted."""
    tenant = with_three_turns(site)
    eventually(lambda: tenant.get("/usage")["total"]["turns"] == 3)
    return tenant


def test_what_was_used_is_plotted_and_told_in_tables(page: Page, site: Site, axe: Axe) -> None:
    tenant = used(site)
    open_view(page, site, tenant, "usage")
    total = page.get_by_label("In all")
    expect(total).to_contain_text("Turns3")
    expect(total).to_contain_text("Calls4")
    expect(total).to_contain_text("Tokens in30")
    expect(total).to_contain_text("Fallback rate33 %")
    expect(total).to_contain_text("Failed calls25 %")
    expect(total).to_contain_text(re.compile(r"Cost\$0\.0000\d+"))
    expect(total).to_contain_text(re.compile(r"Average latency\d+ ms"))
    expect(page.locator(".uplot canvas")).to_have_count(4)
    axe(page)
    page.get_by_text("Tokens as a table").click()
    today = page.get_by_role("region", name="Tokens").get_by_role("row").last
    expect(today.get_by_role("cell")).to_have_text([str(datetime.now(UTC).date()), "30", "15"])
    page.get_by_text("Fallback rate as a table").click()
    rates = page.get_by_role("region", name="Fallback rate").get_by_role("row").last
    expect(rates.get_by_role("cell")).to_have_text([str(datetime.now(UTC).date()), "0 %", "100 %"])
    axe(page)
    fits_a_phone(page)


def test_it_is_split_by_model_or_not_at_all(page: Page, site: Site) -> None:
    open_view(page, site, used(site), "usage")
    expect(page.get_by_role("region", name="Usage by provider").get_by_role("row")).to_have_count(3)
    page.get_by_label("Split by").select_option("model")
    rows = page.get_by_role("region", name="Usage by model")
    expect(rows).to_contain_text("openai:gpt-4o-mini")
    expect(rows).to_contain_text(FALLBACK)
    page.get_by_label("Split by").select_option("nothing")
    expect(rows).to_have_count(0)
    expect(page.get_by_text("all calls").first).to_be_attached()


def test_dark_plots_are_drawn_anew(page: Page, site: Site, axe: Axe) -> None:
    page.emulate_media(color_scheme="dark")
    open_view(page, site, used(site), "usage")
    expect(page.locator(".uplot canvas")).to_have_count(4)
    axe(page)


def test_without_turns_it_says_so(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "usage")
    expect(page.get_by_role("heading", name="Nothing was used in this time")).to_be_visible()
    axe(page)


def test_another_tenants_usage_takes_the_scope_admin(page: Page, site: Site) -> None:
    tenant = used(site)
    open_view(page, site, site.tenant(), "usage")
    page.get_by_label("Tenant", exact=True).fill(tenant.name)
    page.get_by_label("Tenant", exact=True).press("Enter")
    expect(page.get_by_label("In all")).to_contain_text("Turns3")
    page.get_by_label("Tenant", exact=True).fill("No such name")
    page.get_by_label("Tenant", exact=True).press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("lower-case letters")
    open_view(page, site, site.tenant("usage"), "usage")
    expect(page.get_by_role("heading", name="Nothing was used in this time")).to_be_visible()
    expect(page.get_by_label("Tenant", exact=True)).to_have_count(0)


def test_budgets_show_what_is_spent_and_who_may_not_set_them_cannot(page: Page, site: Site, axe: Axe) -> None:
    admin, reader = site.tenant(), site.tenant("usage")
    budget = {"period": "month", "usd": 5, "tokens": 1000, "warnAt": 0.5}
    assert admin.call("PUT", f"/budgets/tenant/{reader.name}", json=budget).status_code == 200
    open_view(page, site, reader, "usage")
    own = page.get_by_role("region", name=f"Budget of the tenant {reader.name}")
    expect(own.get_by_role("img", name="US dollars: $0 spent, $0 reserved, of $5.00")).to_be_visible()
    expect(own.get_by_role("img", name="Tokens: 0 spent, 0 reserved, of 1,000")).to_be_visible()
    expect(own).to_contain_text("A warning is logged at 50 %.")
    expect(page.get_by_role("region", name=f"Budget of the key {reader.key_id}")).to_contain_text("There is no budget.")
    expect(own.get_by_role("button")).to_have_count(0)
    axe(page)
    fits_a_phone(page)


def test_a_budget_is_set_changed_and_removed(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    path = f"/budgets/tenant/{tenant.name}"
    open_view(page, site, tenant, "usage")
    own = page.get_by_role("region", name=f"Budget of the tenant {tenant.name}")
    own.get_by_role("button", name="Set a budget").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Set the budget").click()
    expect(dialog.get_by_role("alert")).to_contain_text("must have a limit")
    dialog.get_by_label("Limit in USD").fill("much")
    dialog.get_by_role("button", name="Set the budget").click()
    expect(dialog.get_by_label("Limit in USD")).to_have_accessible_description("Input should be a valid number")
    axe(page)
    dialog.get_by_label("Period").select_option("each week")
    dialog.get_by_label("Limit in USD").fill("2.5")
    dialog.get_by_role("button", name="Set the budget").click()
    expect(own).to_contain_text("$0 spent, $0 reserved, of $2.50")
    assert (tenant.get(path)["period"], tenant.get(path)["limitUsd"]) == ("week", 2.5)
    own.get_by_role("button", name="Change").click()
    expect(dialog.get_by_label("Limit in USD")).to_have_value("2.5")
    dialog.get_by_label("Limit in tokens").fill("9000")
    dialog.get_by_role("button", name="Set the budget").click()
    expect(own).to_contain_text("of 9,000")
    own.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove the budget").click()
    expect(own).to_contain_text("There is no budget.")
    assert tenant.call("GET", path).status_code == 404
