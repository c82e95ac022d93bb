"""The host under test with its table, and a way to kill it. The table's process is never killed."""

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from bench.chaos.provider import ChatServer
from bench.chaos.proxy import TableProxy
from local import dynamodb_local, ministack

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0
OVERLAY = """\
routing: {fallbacks: []}
limits: {historyMessages: 1000, historyTokens: 10000000}
models:
  openai:chaos: {upstream: chaos, price: {input: 1, output: 1}}
  groq:chaos: {upstream: chaos, price: {input: 1, output: 1}}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Host:
    """The local host as a process that can be killed and started again with the same port and the same table."""

    variables: dict[str, str]
    log: Path
    port: int = field(default_factory=_free_port)
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the end of its log."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "local", "--port", str(self.port), "--env-file", os.devnull,
                cwd=ROOT, env=self.variables, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False) as http:
            while time.monotonic() < end and self._process.returncode is None:
                try:
                    await http.get(f"{self.url}/openapi-none", timeout=5)
                    return
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)
        raise RuntimeError(f"the host does not start: {self.log.read_text()[-2000:]}")

    async def kill(self) -> None:
        """kill -9, at once."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


@dataclass
class Stack:
    """All the parts of a run."""

    host: Host
    proxy: TableProxy
    providers: tuple[ChatServer, ChatServer]


@asynccontextmanager
async def running(
    store: str, faults: float, seed: int, log: Path, *, through_proxy: bool = True
) -> AsyncIterator[Stack]:
    """A host on `store` (`disk` or `dynamodb-local`), started once without faults, then with them.

    The proxy costs time, which a measurement does not want.
    """
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="agentos-chaos-")))
        queue_url = parts.enter_context(ministack.serving(folder / "store.sqlite"))
        table_url = queue_url if store == "disk" else parts.enter_context(dynamodb_local.serving(folder / "table"))
        proxy = TableProxy(urlsplit(table_url).port or 0, 0.0, seed)
        providers = ChatServer(0.0, seed + 1), ChatServer(0.0, seed + 2)
        servers = [proxy.server, *(provider.server for provider in providers)]
        for server in servers:
            await server.start()
        variables = _variables(folder, providers, queue_url)
        variables["STORE"] = f"http://127.0.0.1:{proxy.server.port}" if through_proxy else table_url
        host = Host(variables, log)
        try:
            await host.start()
            proxy.rate = faults / 4
            for provider in providers:
                provider.rate = faults
            yield Stack(host, proxy, providers)
        finally:
            await host.stop()
            for server in servers:
                await server.close()


def _variables(folder: Path, providers: tuple[ChatServer, ChatServer], queue_url: str) -> dict[str, str]:
    overlay = folder / "chaos.yaml"
    overlay.write_text(OVERLAY)
    openai, groq = (f"http://127.0.0.1:{provider.server.port}/v1" for provider in providers)
    own: dict[str, Any] = {
        "AGENTOS_CONFIG": str(overlay),
        "AWS_ENDPOINT_URL_SQS": queue_url,
        "LOCAL_MODEL": "0",
        "OPENAI_API_KEY": "chaos",
        "OPENAI_ENDPOINT": openai,
        "GROQ_API_KEY": "chaos",
        "GROQ_ENDPOINT": groq,
        "POWERTOOLS_LOG_LEVEL": "ERROR",
    }
    return {**os.environ, **own}
