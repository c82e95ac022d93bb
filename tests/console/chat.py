"""What the tests of the chat share: its parts as a reader finds them."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.console.management import open_view
from tests.console.tenants import FALLBACK, Site, Tenant
from tests.support.upstream import Reply, chunk, streamed_reply

TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def open_chat(page: Page, site: Site, tenant: Tenant, **agent: Any) -> str:
    """Shows the chat with a new agent, whose id is returned."""
    agent_id = tenant.agent(**{"config": {"fallbackModel": FALLBACK}, **agent})
    open_view(page, site, tenant, f"chat/{agent_id}")
    expect(box(page)).to_be_visible()
    return agent_id


def box(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_label("Message", exact=True)


def send(page: Page, text: str) -> None:
    box(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def answers(page: Page) -> Locator:
    return page.locator("article.assistant .markdown")


def routes(page: Page) -> Locator:
    """There is one for each answer that is stored."""
    return page.locator("details.route")


def messages(page: Page) -> Locator:
    return page.locator("article.turn")


def streamed_call(name: str, **arguments: Any) -> Reply:
    """A streamed answer that calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    done = b"data: [DONE]\n\n"
    return streamed_reply(chunk({"tool_calls": [call]}), end=(chunk({}, "tool_calls"), done))
