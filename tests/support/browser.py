"""Debian's Chromium, driven by Playwright. Playwright's own browsers are not needed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support import without_netlink

SEEN_SECONDS = 180
"""How long a page may take to show something on a slow machine."""

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first needs a fifth less processor time than the second."""

CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

# In CI it is not skipped: there it fails without a browser. `.ci/run` installs one.
needs_chromium = pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="needs Chromium")


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser whose pages wait for `SEEN_SECONDS`, and that no container on the machine disturbs."""
    assert CHROMIUM, "there is no Chromium: install Debian's package chromium-headless-shell or chromium"
    expect.set_options(timeout=SEEN_SECONDS * 1000)
    with sync_playwright() as playwright:
        # Root may not use Chromium's sandbox, and a container's /dev/shm is too small for it.
        browser = playwright.chromium.launch(
            executable_path=without_netlink.__file__,
            env={**os.environ, "COMMAND": CHROMIUM},
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()
