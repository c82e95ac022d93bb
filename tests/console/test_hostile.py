"""Hostile texts: whatever a model or a user writes is shown as text, and nothing of it is run or loaded."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.chat import answers, open_chat, routes, send
from tests.console.management import fits_a_phone
from tests.console.tenants import Site
from tests.support.browser import needs_chromium
from tests.support.upstream import streamed_reply

pytestmark = needs_chromium

Axe = Callable[[Page], None]

SCRIPT = "<script>document.title = 'run'</script>"
IMAGE = "<img src=x onerror=\"document.title = 'run'\">"
TEXT = f"""{SCRIPT}

{IMAGE} <b onmouseover=alert(1)>bold</b> <iframe srcdoc="<script>1</script>"></iframe>

[a link](javascript:document.title='run') [data](data:text/html,<script>1</script>) [good](https://example.com/?a=1&b=2)
<javascript:alert(1)> ![remote](https://evil.example/pixel.png) ![odd](javascript:alert(1))

[ref]: javascript:alert(2)
[ref] `<code onclick=1>` ~~**_`nested`_**~~ &lt;b&gt; &#x3c;script&#x3e;

<style>body {{ display: none }}</style>

```html" onload="alert(1)
{SCRIPT}
```

| a | {IMAGE} |
|---|:-:|
| [x](vbscript:1) | {SCRIPT} |

1. > - [ ] {IMAGE}

{"verylongword" * 200}

{"> " * 300}deep

{"*" * 2000}
"""

FOUND = """() => [...document.querySelectorAll("#app *")].flatMap(one => [
  ...[...one.attributes].filter(({name}) => name.startsWith("on") || name === "srcdoc").map(({name}) => name),
  ...(one.matches(":is(script, iframe, style, object, embed, base, form):is(.turn *)") ? [one.tagName] : []),
  ...(one.tagName === "IMG" && !one.src.includes("/console/") ? [one.src] : []),
  ...(one.href && !/^https?:|^mailto:/.test(one.href) ? [one.href] : []),
])"""
"""What must not be in the page: handlers, elements that run or load something, and addresses of other kinds."""


def test_a_hostile_answer_is_shown_as_text(page: Page, site: Site, axe: Axe) -> None:
    """`open_page` fails where a policy is violated, an error is raised, or another host is asked."""
    open_chat(page, site, site.tenant(), name=IMAGE, description=SCRIPT)
    title = page.title()
    site.groq.default = site.openai.default = streamed_reply(*TEXT.splitlines(keepends=True))
    send(page, TEXT)
    expect(routes(page)).to_have_count(1)
    assert page.evaluate(FOUND) == []
    assert page.title() == title
    expect(answers(page)).to_contain_text(SCRIPT)
    expect(answers(page)).to_contain_text(IMAGE)
    links = answers(page).locator("a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://example.com/?a=1&b=2",
        "https://evil.example/pixel.png",
    ]
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
    expect(page.get_by_role("heading", level=1)).to_have_text(IMAGE)
    axe(page)
    fits_a_phone(page)


def test_good_markdown_is_rendered(page: Page, site: Site) -> None:
    open_chat(page, site, site.tenant())
    text = (
        "# Head\n\nSome **bold**, *soft* and `code` &amp; more.\n\n- one\n- two\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nprint(1 < 2)\n```\n"
    )
    site.openai.script = [streamed_reply(text)]
    send(page, "Show me")
    expect(routes(page)).to_have_count(1)
    answer = answers(page)
    expect(answer.locator(".heading")).to_have_text("Head")
    expect(answer.locator("strong")).to_have_text("bold")
    expect(answer.locator("em")).to_have_text("soft")
    expect(answer.locator("p > code")).to_have_text("code")
    expect(answer.locator("ul > li")).to_have_text(["one", "two"])
    expect(answer.locator("td")).to_have_text(["1", "2"])
    expect(answer.locator("pre code")).to_have_text("print(1 < 2)")
    expect(answer.locator("p").nth(1)).to_contain_text("code & more.")
