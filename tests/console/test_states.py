"""What a page shows when it has no network, when its key is refused or allows little, and when a stream breaks off."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, Route, expect

from tests.console.chat import answers, box, messages, open_chat, routes, send
from tests.console.conftest import Opened
from tests.console.management import open_view
from tests.console.tenants import Site, Tenant
from tests.support.browser import needs_chromium
from tests.support.upstream import streamed_reply

pytestmark = needs_chromium

Axe = Callable[[Page], None]
OFFLINE = "The API cannot be reached. What you see may be old."


def test_without_a_network_it_says_so_and_goes_on_later(page: Page, site: Site, axe: Axe) -> None:
    open_chat(page, site, site.tenant())
    site.openai.script = [streamed_reply("Here I am.")]
    page.context.set_offline(True)
    expect(page.get_by_text(OFFLINE)).to_be_visible()
    send(page, "Hello")
    expect(page.get_by_role("alert")).to_contain_text("The API cannot be reached.")
    axe(page)
    page.context.set_offline(False)
    expect(page.get_by_text(OFFLINE)).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_have_text("Here I am.")
    expect(messages(page)).to_have_count(2)


def test_a_stream_that_breaks_off_is_taken_up_again(page: Page, site: Site) -> None:
    """The first response is the begin of a stream; the request is repeated with its key and the last event's number."""
    open_chat(page, site, site.tenant())
    site.openai.script = [streamed_reply("Mercury.")]
    sent: list[dict[str, str]] = []

    def cut(route: Route) -> None:
        sent.append(route.request.headers)
        if len(sent) > 1:
            route.continue_()
            return
        start = 'id: 1\nevent: message.start\ndata: {"model": "x:y"}\n\n'
        body = start + 'id: 2\nevent: message.delta\ndata: {"delta": "Mer"}\n\nid: 3\nev'
        route.fulfill(status=200, content_type="text/event-stream", body=body)

    page.route("**/messages?stream=true", cut)
    send(page, "Which is the smallest planet?")
    expect(answers(page)).to_have_text("Mercury.")
    expect(routes(page)).to_have_count(1)
    assert len(sent) == 2
    assert sent[0]["idempotency-key"] == sent[1]["idempotency-key"]
    assert sent[1]["last-event-id"] == "2"


def revoked(site: Site) -> Tenant:
    """A tenant whose key was revoked before it was used."""
    tenant = site.tenant()
    answer = httpx.delete(f"{site.url}/keys/{tenant.key_id}", headers={"authorization": f"Bearer {site.admin}"})
    assert answer.status_code == 204, answer.text
    return tenant


def test_a_key_that_is_refused_is_replaced(page: Page, site: Site, axe: Axe) -> None:
    open_view(page, site, revoked(site), "chat")
    dialog = page.get_by_role("dialog", name="The key is not valid")
    expect(dialog).to_contain_text("The API refuses this key.")
    axe(page)
    dialog.get_by_label("Key", exact=True).fill("ключ")
    expect(dialog.get_by_label("Key", exact=True)).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Key", exact=True).fill(site.tenant().key)
    dialog.get_by_role("button", name="Use this key").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()

    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_role("dialog", name="Enter a key")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == []


def test_what_the_key_does_not_allow_is_not_shown(page: Page, site: Site) -> None:
    open_view(page, site, site.tenant("chat", "agents:read"), "chat")
    navigation = page.get_by_role("navigation", name="Views")
    expect(navigation.get_by_role("link", name="Usage")).to_have_count(0)
    expect(navigation.get_by_role("link", name="Access")).to_have_count(0)
    expect(navigation.get_by_role("link", name="Chat")).to_be_visible()
    expect(page.get_by_role("button", name="New agent")).to_have_count(0)
    page.goto(f"{site.url}/console#/usage")
    expect(page.get_by_role("heading", name="Your key does not allow this")).to_be_visible()
    page.goto(f"{site.url}/console#/nothing")
    expect(page.get_by_role("heading", name="There is no such view")).to_be_visible()


def test_all_of_it_can_be_done_with_the_keyboard(page: Page, site: Site) -> None:
    """An agent is made and a message sent without a mouse, and the focus can be seen at each step."""
    site.openai.script = [streamed_reply("Mercury.")]
    open_view(page, site, site.tenant(), "chat")
    walk_to(page, "New agent")
    page.keyboard.press("Enter")
    walk_to(page, "Name")
    page.keyboard.type("planets")
    walk_to(page, "Model")
    page.keyboard.type("openai:gpt-4o-mini")
    page.keyboard.press("Enter")
    expect(box(page)).to_be_visible()
    walk_to(page, "Message")
    page.keyboard.type("Which is the smallest planet?")
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_text("Mercury.")
    walk_to(page, "Options")
    page.keyboard.press("Enter")
    walk_to(page, "openai")
    page.keyboard.press("Space")
    expect(page.get_by_role("switch", name="openai")).to_be_checked()
    walk_to(page, "Explain")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Explain")).to_be_focused()


FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent;
  if (one === document.body) return ["", true]; // the browser's own controls have it
  return [name.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


def walk_to(page: Page, name: str, steps: int = 120) -> None:
    """Presses Tab until the control of that name has the focus. Every one on the way shows that it has it."""
    for _ in range(steps):
        page.keyboard.press("Tab")
        found, visible = page.evaluate(FOCUSED)
        assert visible or not found, f"{found!r} has the focus, but does not show it"
        if found == name:
            return
    raise AssertionError(f"{name} is not reached with Tab")


def test_on_a_phone_the_menu_opens_and_closes(open_page: Opened, site: Site, axe: Axe) -> None:
    page = open_page(width=390, height=844, color_scheme="dark")
    open_view(page, site, site.tenant(), "chat")
    usage = page.get_by_role("link", name="Usage")
    expect(usage).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(usage).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    expect(usage).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    usage.click()
    expect(page.get_by_role("heading", name="Usage", level=1)).to_be_visible()
    expect(usage).to_be_hidden()
    axe(page)


def test_the_theme_is_the_systems_until_one_is_chosen(open_page: Opened, site: Site) -> None:
    page = open_page(color_scheme="dark")
    open_view(page, site, site.tenant(), "chat")
    colour = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.get_by_role("button", name="Theme: the system's").click()
    light = page.evaluate(colour)
    assert light == "rgb(255, 255, 255)"
    assert dark != light
    page.reload()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(colour) == light
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(colour) == dark


def test_what_is_learnt_before_the_first_frame_is_shown(page: Page, site: Site) -> None:
    """The answer to what the key may do comes before any component listens, as on a busy machine."""
    page.add_init_script("""
        const timer = globalThis.setTimeout;
        const late = (call, ...rest) => timer(call, 3000, ...rest);
        globalThis.requestAnimationFrame = late;
        globalThis.setTimeout = (call, milliseconds, ...rest) => late(call, ...rest);
    """)
    with page.expect_response("**/keys/current") as learnt:
        open_view(page, site, site.tenant("usage"), "usage")
    assert learnt.value.ok
    expect(page.get_by_role("link", name="Usage")).to_be_visible()
    expect(page.get_by_role("link", name="What if")).to_have_count(0)
