"""How the console is loaded while network or API fail for a while, and what is typed right after a click."""

from collections import Counter

from playwright.sync_api import Browser, Page, Route, expect

from tests.console.management import open_view
from tests.console.tenants import Site, with_three_turns
from tests.e2e.hosting import eventually
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def failing(page: Page, pattern: str, times: int, *, after: int = 0, status: int | None = 503) -> Counter[str]:
    """How often each URL was asked for. `times` requests for each fail, behind the first `after`; without a status they
    are broken off."""
    asked: Counter[str] = Counter()

    def answer(route: Route) -> None:
        asked[route.request.url] += 1
        if not after < asked[route.request.url] <= after + times:
            route.continue_()
        elif status is None:
            route.abort("connectionreset")
        else:
            route.fulfill(status=status, content_type="application/json", body="{}")

    page.route(pattern, answer)
    return asked


def paths(site: Site, begin: int = 0) -> list[str]:
    """The paths of GET requests that the host has answered, behind the first `begin`."""
    requests = [line.split() for line in site.host.output.splitlines() if line.startswith("GET ")]
    return [words[1] for words in requests[begin:]]


def test_each_file_is_asked_for_once_in_a_browsers_life(browser: Browser, site: Site) -> None:
    tenant = site.tenant()
    with browser.new_context() as context:
        page, begin = context.new_page(), len(paths(site))
        open_view(page, site, tenant, "agents")
        loaded = Counter(path for path in paths(site, begin) if path.startswith("/console/"))
        assert len(loaded) > 50
        assert set(loaded.values()) == {1}
        begin = len(paths(site))
        open_view(context.new_page(), site, tenant, "agents")
        assert [path for path in paths(site, begin) if path.startswith("/console")] == ["/console"]


def test_what_a_busy_api_refuses_is_loaded_again(page: Page, site: Site) -> None:
    asked = failing(page, "**/views/*.js", times=2)
    page.goto(f"{site.url}/console")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    assert len(asked) > 5
    assert min(asked.values()) >= 3


def test_each_file_may_be_broken_off_once(page: Page, site: Site) -> None:
    """As by a network that changes while the page loads: all of them wait, for one connection or another."""
    tenant = with_three_turns(site)
    eventually(lambda: tenant.get("/usage")["total"]["turns"] == 3)
    asked = failing(page, "**/console/*/**", times=1, status=None)
    open_view(page, site, tenant, "usage")
    expect(page.locator(".uplot canvas")).to_have_count(4)
    missing = {url for url, times in asked.items() if times < 2 and not url.endswith(".svg")}
    assert len(asked) > 50
    assert missing == set()
    assert page.evaluate("[...document.styleSheets].every(sheet => sheet.cssRules.length)")


def test_a_module_that_is_broken_off_while_it_is_imported_loads_with_the_page(page: Page, site: Site) -> None:
    """The browser keeps a failed import; only the page itself begins anew."""
    failing(page, "**/main.js", times=1, after=1, status=None)
    page.goto(f"{site.url}/console")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    assert page.evaluate("history.state") is None


def test_a_style_that_is_broken_off_is_loaded_again_without_the_page(page: Page, site: Site) -> None:
    asked, pages = failing(page, "**/base.css", times=4, status=None), failing(page, "**/console", times=0)
    page.goto(f"{site.url}/console")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    assert page.evaluate("[...document.styleSheets].every(sheet => sheet.cssRules.length)")
    assert max(asked.values()) >= 5
    assert list(pages.values()) == [1]


def test_after_three_loads_it_says_what_to_do(page: Page, site: Site) -> None:
    imported = []

    def answer(route: Route) -> None:
        if route.request.resource_type == "fetch":
            return route.continue_()
        imported.append(route.request.url)
        return route.abort("connectionreset")

    page.route("**/main.js", answer)
    page.goto(f"{site.url}/console")
    expect(page.get_by_text("The console could not be loaded. Reload the page to try again.")).to_be_visible()
    assert len(imported) == 3
    page.unroute("**/main.js")
    page.reload()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()


def test_what_only_reads_is_asked_again(page: Page, site: Site) -> None:
    tenant = site.tenant()
    tenant.agent(name="survivor")
    asked = failing(page, "**/agents?*", times=2, status=None)
    open_view(page, site, tenant, "agents")
    expect(page.get_by_role("main")).to_contain_text("survivor")
    assert max(asked.values()) >= 3


def test_what_is_typed_right_after_a_search_stays(page: Page, site: Site) -> None:
    """Both happen before the browser does anything else."""
    tenant = site.tenant()
    agent = tenant.agent()
    gold = tenant.session(agent, metadata={"tier": "gold"})
    tenant.session(agent)
    open_view(page, site, tenant, f"sessions/{agent}")
    page.get_by_label("Id begins with").fill(gold)
    page.evaluate("""async () => {
        document.querySelector("form[role=search] button[type=submit]").click();
        for (let turn = 0; turn < 10; turn++) await null; // what is drawn is drawn in a microtask
        const box = document.querySelector("input[placeholder='tier=gold, region=eu']");
        box.value = "tier=gold";
        box.dispatchEvent(new Event("input", {bubbles: true}));
    }""")
    rows = page.get_by_role("region", name="Sessions").get_by_role("link")
    expect(rows).to_have_text([gold])
    expect(page.get_by_label("Metadata")).to_have_value("tier=gold")
