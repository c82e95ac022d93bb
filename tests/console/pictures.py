"""Takes the pictures of docs/console.md again (`make console-pictures`), of a host with scripted providers."""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.console.chat import box, open_chat, routes, send
from tests.console.management import open_view
from tests.console.tenants import FALLBACK, Site, Tenant, opened
from tests.support.browser import launched
from tests.support.gateway import ROOT
from tests.support.upstream import answer, streamed_reply

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


SHORT = {
    "openai": ("Start with **gpt-4o-mini**: it answers most questions well. Give it a fallback for its bad days.", 31),
    "groq": ("A small open model is enough, and the cheapest. Its answers are *short* and come fast.", 24),
}
"""Answers, and how many tokens they are said to have."""


def what_if(page: Page, site: Site, tenant: Tenant) -> None:
    """A stored answer beside that of another model."""
    for name, provider in (("openai", site.openai), ("groq", site.groq)):
        text, tokens = SHORT[name]
        provider.default = answer(text, prompt_tokens=812, completion_tokens=tokens, total_tokens=812 + tokens)
    agent_id = tenant.agent(name="Support assistant")
    session_id = tenant.session(agent_id)
    tenant.say(agent_id, session_id, QUESTION)
    open_view(page, site, tenant, f"what-if/{agent_id}/{session_id}")
    page.get_by_label("Model", exact=True).fill(FALLBACK)
    page.get_by_role("button", name=re.compile("^Answer .* again$")).click()
    expect(page.get_by_text("1 of 1 answered")).to_be_visible()
    page.get_by_role("region", name="Answer 1", exact=True).scroll_into_view_if_needed()


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
    what_if(page, site, tenant)
    take(page, "what-if")
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
