"""The door at `/v1`, and all the rest, on a host in front of an upstream that a test may script."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.hosting import Host, start
from tests.support.upstream import Upstream, answer


@dataclass(frozen=True)
class Door:
    """The upstream is the provider `xai`; without a script it says hello."""

    host: Host
    upstream: Upstream

    @property
    def url(self) -> str:
        """What OpenAI's clients take for their base URL."""
        return f"{self.host.client.base_url}/v1"


@contextmanager
def opened(folder: Path) -> Iterator[Door]:
    with Upstream(default=answer("Hello from upstream.")) as upstream:
        (folder / ".env").write_text(f"XAI_API_KEY=xai-key\nXAI_ENDPOINT={upstream.url}\n")
        host = start(folder, {"LOCAL_MODEL": "0"})
        try:
            yield Door(host, upstream)
        finally:
            host.end()
