"""Takes the pictures of docs/console.md again (`make console-pictures`), of a host with scripted providers."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.console.chat import box, open_chat, routes, send
from tests.console.management import open_view
from tests.console.tenants import FALLBACK, Site, Tenant, opened
from tests.support.browser import launched
from tests.support.gateway import ROOT
from tests.support.upstream import streamed_reply

IMAGES = ROOT / "docs" / "images"
LARGEST = 150_000
"""Bytes of a picture."""

WIDE, PHONE = (1280, 800), (390, 844)

QUESTION = "Which provider would you recommend for a small internal tool, and why?"
ANSWER = """For a **small internal tool**, start with a small model and let a fallback catch its bad days:

| model | price per million tokens | good for |
|---|--:|---|
| `gpt-4o-mini` | $0.15 in, $0.60 out | most questions |
| `gpt-oss-20b` | $0.075 in, $0.30 out | short answers, fast |

```json
{"fallbackModel": "groq:llama3-70b"}
```

- Prompts stay the same when a model changes.
- Its cost shows beside each answer.
"""


def conversation(page: Page, site: Site, tenant: Tenant) -> None:
    """One answer of the agent's own model, and one of its fallback, as its provider fails on purpose."""
    open_chat(page, site, tenant, name="Support assistant", config={"fallbackModel": FALLBACK})
    for provider in (site.openai, site.groq):
        provider.default = streamed_reply(ANSWER, usage=(812, 164))
    page.get_by_role("button", name="Options").click()
    page.get_by_role("switch", name="openai").check()
    page.get_by_label("How openai fails").select_option("rate_limited")
    page.get_by_role("button", name="Options").click()
    send(page, QUESTION)
    expect(routes(page)).to_have_count(1)
    box(page).blur()


def pictures(browser: Browser, site: Site) -> None:
    """All of them, into docs/images."""
    tenant = site.tenant()
    for name, size, scheme in (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("phone", PHONE, "light")):
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
        conversation(page, site, tenant)
        take(page, name)
        page.close()
    page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]}, color_scheme="light")
    for view in ("providers", "usage"):
        open_view(page, site, tenant, view)
        page.wait_for_load_state("networkidle")
        take(page, view)
    page.close()


def take(page: Page, name: str) -> None:
    path = IMAGES / f"console-{name}.png"
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled", caret="hide")
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"{path} has {size} bytes, which is more than {LARGEST}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as site, launched() as browser:
        pictures(browser, site)
