"""The door at `/v1` on a host of its own, in front of an upstream that a test may script."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.hosting import Host, start
from tests.support.upstream import Upstream, answer


@contextmanager
def door(folder: Path) -> Iterator[tuple[Host, Upstream]]:
    """The upstream is the provider `xai`; without a script it says hello."""
    with Upstream(default=answer("Hello from upstream.")) as upstream:
        (folder / ".env").write_text(f"XAI_API_KEY=xai-key\nXAI_ENDPOINT={upstream.url}\n")
        host = start(folder, {"LOCAL_MODEL": "0"})
        try:
            yield host, upstream
        finally:
            host.end()
