"""What the tests of the views Providers, Agents, Sessions, Usage and Access share, such as opening one."""

from contextlib import suppress

from playwright.sync_api import Error, Page, Route, expect

from tests.console.tenants import Site, Tenant

PHONE = {"width": 390, "height": 844}
LONG = "a very long name without an end " + "x" * 140
OUTSIDE = """() => [...document.querySelectorAll("main *, dialog *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .filter(one => !one.closest(".table-frame, .agents-diff, .tabs, pre, textarea, svg, .hidden-text, datalist"))
  .slice(0, 3).map(one => one.outerHTML.slice(0, 120))"""
"""The elements that reach beyond the window, but for those within what scrolls by itself."""


def open_view(page: Page, site: Site, tenant: Tenant, address: str) -> None:
    """Shows a view with the tenant's key."""
    page.goto(f"{site.url}/health")  # of the same origin, and loaded in a tenth of the time
    page.evaluate("key => sessionStorage.setItem('agentos.key', key)", tenant.key)
    page.goto(f"{site.url}/console#/{address}")
    expect(page.locator("nav")).to_be_attached()  # on a phone it is hidden
    expect(page.get_by_text("Loading")).to_have_count(0)


def hold(page: Page, pattern: str) -> list[Route]:
    """The requests for URLs of this pattern from now on. None is answered before it is continued."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    return held


def fits_a_phone(page: Page) -> None:
    """Nothing of the view is wider than a phone's window."""
    before = page.viewport_size
    page.set_viewport_size(PHONE)
    with suppress(Error):  # charts are drawn anew a moment later
        page.wait_for_function(f"({OUTSIDE})().length === 0")
    outside = page.evaluate(OUTSIDE)
    assert not outside, outside
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if before:
        page.set_viewport_size(before)
