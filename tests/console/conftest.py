"""A browser for the console's tests, pages that must stay free of errors, and axe, which checks accessibility."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

from tests.console.tenants import Site, opened
from tests.support.browser import SEEN_SECONDS, launched
from tests.support.gateway import ROOT
from tests.support.upstream import answer

AXE = ROOT / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module, as Playwright runs once in a process and other tests have a browser, too."""
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """One for a module: its cache has the console's files after the first test."""
    with browser.new_context() as context:
        yield context


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(tmp_path_factory.mktemp("console")) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Site:
    """A host with providers that have no script and remember no request."""
    for name, provider in (("openai", running.openai), ("groq", running.groq)):
        provider.default = answer(f"Hello from {name}.")
        provider.script.clear()
        provider.requests.clear()
    return running


@pytest.fixture
def open_page(profile: BrowserContext) -> Iterator[Opened]:
    """Opens pages: `open_page(width=390, color_scheme="dark")`, each with a session storage of its own.

    Afterwards no page may have raised an error, been stopped by its Content-Security-Policy, or asked another host.
    """
    pages: list[Page] = []
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A status that the API answered with is no fault of the page.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def new_page(width: int = 1360, height: int = 860, color_scheme: str = "light") -> Page:
        page = profile.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme)  # type: ignore[arg-type]
        page.set_default_timeout(SEEN_SECONDS * 1000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", note)
        page.on("request", lambda request: _note_host(request.url, faults))
        pages.append(page)
        return page

    yield new_page
    profile.set_offline(False)
    for page in pages:
        with suppress(Error):  # a page that shows nothing has no storage
            page.evaluate("localStorage.clear()")
        page.close()
    assert faults == []


def _note_host(url: str, faults: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1:", "data:", "blob:")):
        faults.append(f"the page asked {url}")


@pytest.fixture
def page(open_page: Opened) -> Page:
    """A wide page in light colours."""
    return open_page()


@pytest.fixture(scope="session")
def axe_source() -> str:
    if not AXE.exists():
        pytest.skip("needs npm: make test installs axe-core")
    return Path(AXE).read_text()


@pytest.fixture
def axe(axe_source: str) -> Callable[[Page], None]:
    """Fails with what axe finds on a page."""

    def check(page: Page) -> None:
        page.evaluate(axe_source)
        found = page.evaluate(
            """async () => (await axe.run()).violations.map(
                one => [one.id, ...one.nodes.map(node => `${node.html.slice(0, 160)}: ${node.failureSummary}`)])"""
        )
        assert found == []

    return check
