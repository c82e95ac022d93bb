"""The page under examples/browser, in a real Chromium, behind its own server and a real host."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from local import process
from tests.e2e.hosting import free_port
from tests.examples.conftest import EXAMPLES, Stack
from tests.support.browser import SEEN_SECONDS, launched, needs_chromium
from tests.support.upstream import CUT, streamed_reply

START_SECONDS = 60

pytestmark = needs_chromium

ANSWER, ROUTE, ERROR = "#log .answer", "#log .route", "#log .error"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """The URL of the page's own server."""
    port = free_port()
    command = [sys.executable, str(EXAMPLES / "browser" / "serve.py"), "--port", str(port)]
    with process.running(command, subprocess.DEVNULL, environment) as server:
        process.wait_until(lambda: process.listens(port), START_SECONDS, server)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def site(running: Stack) -> Iterator[str]:
    with served(running.environment()) as url:
        yield url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """The page, opened. It must not raise an error that it does not catch."""
    page = browser.new_page()
    uncaught: list[str] = []
    page.on("pageerror", lambda error: uncaught.append(str(error)))
    page.goto(site)
    yield page
    page.close()
    assert uncaught == []


def send(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.get_by_role("button", name="Send").click()


def test_an_answer_is_shown_while_it_arrives(page: Page, stack: Stack) -> None:
    seen = threading.Event()
    stack.openai.script = [streamed_reply("Mer", lambda: seen.wait(SEEN_SECONDS), "cury.")]
    send(page, "Which is the smallest planet?")
    expect(page.locator(ANSWER)).to_have_text("Mer")  # the upstream waits until this was seen
    expect(page.get_by_role("button")).to_be_disabled()
    seen.set()
    expect(page.locator(ANSWER)).to_have_text("Mercury.")
    expect(page.locator(ROUTE)).to_have_text("openai:gpt-4o-mini was asked for, openai:gpt-4o-mini answered")
    expect(page.get_by_role("button")).to_be_enabled()


def test_a_second_message_goes_on_with_the_session(page: Page, stack: Stack) -> None:
    stack.openai.script = [streamed_reply("Mercury."), streamed_reply("Jupiter.")]
    send(page, "Which is the smallest planet?")
    expect(page.locator(ROUTE)).to_have_count(1)
    send(page, "And the largest?")
    expect(page.locator(ANSWER)).to_have_text(["Mercury.", "Jupiter."])
    expect(page.locator(ROUTE)).to_have_count(2)
    assert [message["content"] for message in stack.openai.requests[-1]["messages"]] == [
        "Which is the smallest planet?",
        "Mercury.",
        "And the largest?",
    ]


def test_an_answer_is_text_whatever_it_looks_like(page: Page, stack: Stack) -> None:
    hostile = "<img src=x onerror='document.title = \"hacked\"'>"
    stack.openai.script = [streamed_reply(hostile)]
    send(page, "Hello")
    expect(page.locator(ROUTE)).to_have_count(1)
    expect(page.locator(ANSWER)).to_have_text(hostile)
    assert page.locator("#log img").count() == 0
    assert page.title() == "AgentOS Serverless: a page that streams"


def test_an_answer_that_breaks_off_is_reported(page: Page, stack: Stack) -> None:
    stack.openai.script = [streamed_reply("Mer", CUT)]
    send(page, "Which is the smallest planet?")
    expect(page.locator(ANSWER)).to_have_text("Mer")
    expect(page.locator(ERROR)).to_contain_text("upstream_failed: ")
    expect(page.get_by_role("button")).to_be_enabled()


def test_errors_of_the_api_are_shown(page: Page) -> None:
    send(page, "x" * 1_100_000)  # limits.contentBytes is 1,000,000
    expect(page.locator(ERROR)).to_contain_text("413 payload_too_large: ")


def test_an_api_that_does_not_answer_is_reported(browser: Browser) -> None:
    with served({"AGENTOS_URL": f"http://127.0.0.1:{free_port()}"}) as url:
        page = browser.new_page()
        page.goto(url)
        send(page, "Hello")
        expect(page.locator(ERROR)).to_contain_text("502 unreachable: No API answers at http://127.0.0.1:")
        page.close()
