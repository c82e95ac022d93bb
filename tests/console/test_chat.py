"""The chat: an agent made by clicking, answers that arrive in pieces, and all that can be done with a message."""

import threading
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.chat import TOOL, answers, box, messages, open_chat, routes, send, streamed_call
from tests.console.management import fits_a_phone
from tests.console.tenants import MODEL, Site
from tests.support.browser import SEEN_SECONDS, needs_chromium
from tests.support.upstream import CUT, chunk, refusal, streamed_reply

pytestmark = needs_chromium

Axe = Callable[[Page], None]


def test_the_walk_through_by_clicking(page: Page, site: Site, axe: Axe) -> None:
    """A key, an agent, a message, and its answer as it is written."""
    tenant, seen = site.tenant(), threading.Event()
    site.openai.script = [streamed_reply("Mer", lambda: seen.wait(SEEN_SECONDS), "cury.")]
    page.goto(f"{site.url}/console")
    expect(page.get_by_role("dialog", name="Enter a key")).to_contain_text("This API asks for a key.")
    axe(page)
    page.get_by_label("Key", exact=True).fill(tenant.key)
    page.get_by_role("button", name="Use this key").click()

    expect(page.get_by_role("heading", name="No agents yet")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="New agent").click()
    page.get_by_label("Name", exact=True).fill("planets")
    page.get_by_label("Model", exact=True).fill("nobody:x")
    page.get_by_role("button", name="Make the agent").click()
    expect(page.get_by_label("Model", exact=True)).to_have_attribute("aria-invalid", "true")
    axe(page)
    page.get_by_label("Model", exact=True).fill(MODEL)
    page.get_by_role("button", name="Make the agent").click()

    send(page, "Which is the smallest planet?")
    expect(answers(page)).to_have_text("Mer")  # the upstream waits until this was seen
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    axe(page)
    seen.set()
    expect(answers(page)).to_have_text("Mercury.")
    expect(routes(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    axe(page)
    assert tenant.key not in page.content()
    assert page.evaluate("Object.keys(localStorage)") == ["agentos.theme"]

    site.openai.script = [streamed_reply("Jupiter.")]
    send(page, "And the largest?")
    expect(answers(page)).to_have_text(["Mercury.", "Jupiter."])
    said = [one["content"] for one in site.openai.requests[-1]["messages"]]
    assert said == ["Which is the smallest planet?", "Mercury.", "And the largest?"]
    page.reload()
    expect(answers(page)).to_have_text(["Mercury.", "Jupiter."])
    fits_a_phone(page)


def test_thoughts_are_folded(page: Page, site: Site) -> None:
    open_chat(page, site, site.tenant())
    site.openai.script = [streamed_reply(chunk({"reasoning_content": "It is small."}), "Mercury.")]
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Show the model's thoughts").check()
    send(page, "Which is the smallest planet?")
    expect(routes(page)).to_have_count(1)
    expect(page.get_by_text("It is small.")).to_be_hidden()
    page.get_by_text("Thoughts", exact=True).click()
    expect(page.get_by_text("It is small.")).to_be_visible()


def test_tool_calls_are_answered_by_hand(page: Page, site: Site, axe: Axe) -> None:
    open_chat(page, site, site.tenant(), tools=[TOOL])
    site.openai.script = [streamed_call("weather", city="Paris"), streamed_reply("It is sunny.")]
    send(page, "What is the weather in Paris?")
    result = page.get_by_label("Result of weather")
    expect(result).to_be_visible()
    expect(page.locator(".tool-calls pre")).to_contain_text('"city": "Paris"')
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    axe(page)
    result.fill("sunny, 21 degrees")
    page.get_by_role("button", name="Send the result").click()
    expect(answers(page)).to_have_text("It is sunny.")
    assert site.openai.requests[-1]["messages"][-1]["content"] == "sunny, 21 degrees"
    expect(page.get_by_label("Result of weather")).to_have_count(0)


def test_an_answer_is_stopped_and_read_later(page: Page, site: Site) -> None:
    seen = threading.Event()
    open_chat(page, site, site.tenant())
    site.openai.script = [streamed_reply("Mer", lambda: seen.wait(SEEN_SECONDS), "cury.")]
    send(page, "Which is the smallest planet?")
    expect(answers(page)).to_have_text("Mer")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. The answer is still written and stored.")).to_be_visible()
    page.get_by_role("button", name="Go on reading").click()
    seen.set()
    expect(routes(page)).to_have_count(1)
    expect(answers(page)).to_have_text("Mercury.")
    assert len(site.openai.requests) == 1


def test_a_failed_message_is_tried_again(page: Page, site: Site, axe: Axe) -> None:
    open_chat(page, site, site.tenant(models=["openai:*"]))
    site.openai.script = [refusal(401)]
    send(page, "Hello")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("502 · upstream_failed")
    expect(page.get_by_label("Attempts").get_by_text("auth").first).to_be_visible()
    axe(page)
    site.openai.script = [streamed_reply("Here I am.")]
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_have_text("Here I am.")
    expect(messages(page)).to_have_count(2)
    expect(alert).to_have_count(0)


def test_an_answer_that_broke_off_is_shown_as_such(page: Page, site: Site) -> None:
    open_chat(page, site, site.tenant())
    site.openai.script = [streamed_reply("Mer", CUT)]
    send(page, "Which is the smallest planet?")
    expect(page.get_by_role("alert")).to_contain_text("upstream_failed")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    expect(page.get_by_text("broken off")).to_be_visible()
    expect(answers(page)).to_have_text("Mer")


def test_a_conversation_is_forked_asked_again_and_changed(page: Page, site: Site) -> None:
    tenant = site.tenant()
    agent = open_chat(page, site, tenant)
    site.openai.script = [streamed_reply("One."), streamed_reply("Two.")]
    for index, text in enumerate(("First?", "Second?"), 1):
        send(page, text)
        expect(routes(page)).to_have_count(index)
    first = page.url

    page.get_by_role("button", name="Fork a new session from here").nth(1).click()
    expect(messages(page)).to_have_count(2)
    assert page.url != first

    site.openai.script = [streamed_reply("Uno.")]
    page.get_by_role("button", name="Answer again, in a new session").click()
    expect(answers(page)).to_have_text("Uno.")
    expect(messages(page)).to_have_count(2)

    page.get_by_role("button", name="Change it, in a new session").click()
    expect(box(page)).to_have_value("First?")
    expect(messages(page)).to_have_count(0)
    page.goto(first)
    expect(answers(page)).to_have_text(["One.", "Two."])
    page.get_by_role("button", name="Sessions").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(
        len(tenant.get(f"/agents/{agent}/sessions")["data"])
    )


def test_a_message_is_copied_as_a_request_without_the_key(page: Page, site: Site, axe: Axe) -> None:
    tenant = site.tenant()
    agent = open_chat(page, site, tenant)
    box(page).fill('It\'s "quoted"')
    page.get_by_role("button", name="Copy as").click()
    code = page.locator("dialog pre")
    expected = {
        "curl": f'curl -X POST "{site.url}/agents/{agent}/sessions" -H "Authorization: Bearer $AGENTOS_KEY"',
        "Python": f'with httpx.Client(base_url="{site.url}/", headers={{"Authorization":',
        "OpenAI SDK": f'client = OpenAI(base_url="{site.url}/v1", api_key=os.environ["AGENTOS_KEY"])',
    }
    for name, part in expected.items():
        page.get_by_role("button", name=name, exact=True).click()
        expect(code).to_contain_text(part)
        assert tenant.key not in code.inner_text()
    axe(page)
