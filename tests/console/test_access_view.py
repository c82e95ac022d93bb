"""The view Access: keys made, shown once and revoked, budgets, tenants' keys at providers; and who sees which view."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.console.management import LONG, fits_a_phone, hold, open_view
from tests.console.tenants import Site

Axe = Callable[[Page], None]


def test_a_key_is_made_shown_once_and_revoked(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, "access")
    page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog", name="Make a key")
    axe(page)
    dialog.get_by_label("Name", exact=True).fill("backend of acme")
    dialog.get_by_label("Tenant", exact=True).fill(f"{tenant.name}-b")
    dialog.get_by_label("agents:read").check()
    dialog.get_by_label("Models", exact=True).fill("openai:*\ngroq:*")
    dialog.get_by_label("Requests per minute").fill("60")
    dialog.get_by_role("button", name="Make the key").click()
    made = page.get_by_role("dialog", name="The key was made")
    key = made.locator("code").inner_text()
    assert key.startswith("agos_")
    own = site.host.client.get("/keys/current", headers={"x-api-key": key}).json()
    assert (own["tenant"], set(own["scopes"]), own["models"]) == (
        f"{tenant.name}-b", {"chat", "agents:read"}, ["openai:*", "groq:*"],
    )  # fmt: skip
    axe(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    made.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    made.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="backend of acme").first
    expect(row).to_contain_text("openai:*, groq:*")
    expect(page.get_by_text(key)).to_have_count(0)
    axe(page)
    row.get_by_role("button", name="Revoke backend of acme").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(row).to_contain_text("revoked")
    listed = next(one for one in tenant.get("/keys", limit=100)["data"] if one["keyId"] == own["keyId"])
    assert listed["revokedAt"] is not None


def test_a_key_is_shown_although_its_dialog_was_to_be_closed(page: Page, site: Site) -> None:
    """Nothing shows it a second time. So while it is made, Escape does nothing."""
    open_view(page, site, site.tenant(), "access")
    page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog", name="Make a key")
    dialog.get_by_label("Name", exact=True).fill("backend of acme")
    held = hold(page, "**/keys")
    with page.expect_request("**/keys"):
        dialog.get_by_role("button", name="Make the key").click()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
    held[0].continue_()
    page.unroute("**/keys")
    made = page.get_by_role("dialog", name="The key was made")
    expect(made).to_contain_text("agos_")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_apis_messages_stand_at_the_fields_of_a_key(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "access/keys")
    page.get_by_role("button", name="Make a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tenant", exact=True).fill("Not A Name")
    dialog.get_by_label("Requests per minute").fill("many")
    dialog.get_by_role("button", name="Make the key").click()
    expect(dialog.get_by_label("Name", exact=True)).to_have_accessible_description(
        "Who uses it, or for what. String should have at least 1 character"
    )
    expect(dialog.get_by_label("Tenant", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Requests per minute")).to_have_attribute("aria-invalid", "true")
    axe(page)


def test_budgets_are_chosen_by_tenant_and_by_key(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, "access/budgets")
    page.get_by_label("Tenant or key").select_option(f"key/{tenant.key_id}")
    budget = page.get_by_role("region", name=f"Budget of the key {tenant.key_id}")
    budget.get_by_role("button", name="Set a budget").click()
    page.get_by_label("Limit in tokens").fill("500")
    page.get_by_role("button", name="Set the budget").click()
    expect(budget).to_contain_text("0 spent, 0 reserved, of 500")
    assert tenant.get(f"/budgets/key/{tenant.key_id}")["limitTokens"] == 500
    axe(page)
    page.get_by_label("Tenant or key").select_option(f"tenant/{tenant.name}")
    expect(page.get_by_role("region", name=f"Budget of the tenant {tenant.name}")).to_contain_text(
        "There is no budget."
    )
    fits_a_phone(page)


def test_a_tenants_key_at_a_provider_is_put_and_forgotten(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    open_view(page, site, tenant, "access/providers")
    page.get_by_label("Tenant").fill(tenant.name)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="No keys of its own")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Put a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Provider", exact=True).select_option("mistral")
    dialog.get_by_label("Key at the provider").fill("mistral-key-of-the-tenant")
    dialog.get_by_label("Endpoint").fill("http://10.0.0.1/v1")
    dialog.get_by_role("button", name="Put the key").click()
    expect(dialog.get_by_label("Endpoint")).to_have_attribute("aria-invalid", "true")
    axe(page)
    dialog.get_by_label("Endpoint").fill("")
    dialog.get_by_role("button", name="Put the key").click()
    row = page.get_by_role("row").filter(has_text="mistral")
    expect(row).to_contain_text("the server's")
    expect(page.get_by_text("mistral-key-of-the-tenant")).to_have_count(0)
    assert [one["provider"] for one in tenant.get(f"/tenants/{tenant.name}/providers")["data"]] == ["mistral"]
    axe(page)
    row.get_by_role("button", name="Forget the key at mistral").click()
    page.get_by_role("button", name="Forget the key", exact=True).click()
    expect(page.get_by_role("heading", name="No keys of its own")).to_be_visible()
    assert tenant.get(f"/tenants/{tenant.name}/providers")["data"] == []


def test_a_tenant_whose_name_is_none_is_an_error_in_words(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, site.tenant(), "access/providers")
    page.get_by_label("Tenant").fill("Not A Name")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_contain_text("lower-case letters")
    axe(page)


def test_long_names_fit(page: Page, site: Site) -> None:
    tenant = site.tenant()
    long = {"tenant": tenant.name, "name": LONG[:100], "scopes": ["chat"], "models": ["openai:" + "x" * 100]}
    assert tenant.call("POST", "/keys", json=long).status_code == 201
    open_view(page, site, tenant, "access/keys")
    expect(page.get_by_text(LONG[:100]).first).to_be_visible()
    fits_a_phone(page)


def test_what_a_key_may_do_is_asked_again_where_the_api_could_not_answer(page: Page, site: Site) -> None:
    failures = ["503", "offline"]

    def answer_later(route: Route) -> None:
        if not failures or "authorization" not in route.request.headers:
            route.continue_()
        elif failures.pop(0) == "503":
            route.fulfill(status=503, json={"code": "unavailable", "message": "Later.", "details": {}})
        else:
            route.abort()

    page.route("**/keys/current", answer_later)
    open_view(page, site, site.tenant("usage"), "providers")
    links = page.get_by_role("navigation", name="Views").get_by_role("link")
    expect(links.filter(has_text="Agents")).to_have_count(0)
    expect(links.filter(has_text="Usage")).to_have_count(1)
    assert failures == []


@pytest.mark.parametrize(
    ("scopes", "views"),
    [
        (("chat",), ["Chat", "Sessions", "Providers"]),
        (("agents:write",), ["Agents", "Providers"]),
        (("usage",), ["Providers", "Usage"]),
        (("admin",), ["Providers", "Usage", "Access"]),
    ],
    ids=["chat", "agents", "usage", "admin"],
)
def test_what_a_key_may_not_do_is_not_shown(page: Page, site: Site, scopes: tuple[str, ...], views: list[str]) -> None:
    open_view(page, site, site.tenant(*scopes), "providers")
    links = page.get_by_role("navigation", name="Views").get_by_role("link")
    shown = {"Chat", "Agents", "Sessions", "Providers", "Usage", "Access"}
    for name in shown - set(views):
        expect(links.filter(has_text=name)).to_have_count(0)
    for name in views:
        expect(links.filter(has_text=name)).to_be_visible()
