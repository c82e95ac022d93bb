"""Puts the local host together: DynamoDB, the model, the functions, a web server; and takes them down again."""

import asyncio
import signal
import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from local import console, dynamodb
from local.context import REGION
from local.environment import Environment
from local.functions import Functions
from local.gateway import Gateway
from local.model import START_SECONDS, LocalModel, ModelError
from local.template import Template, load_template

TABLE_NAME = "agentos"
HOST_OVERLAY = Path(__file__).with_name("host.yaml")
ECHO_OVERLAY = Path(__file__).with_name("echo.yaml")
GRACE_SECONDS = 2
"""How long requests under way may take to end after Ctrl-C."""


class StartError(Exception):
    """The host cannot start; the text says why."""


@dataclass(frozen=True)
class Options:
    """How to run."""

    root: Path
    host: str
    port: int
    local_model: bool


def run(options: Options, environment: Environment) -> int:
    """Serve until a signal ends it; the exit code."""
    model = None
    try:
        listener = _listen(options.host, options.port)
        template = load_template(options.root / "template.yaml", TABLE_NAME)
        environment.defaults |= _defaults(template, environment)
        environment.base_overlays.append(HOST_OVERLAY)
        environment.refresh()
        model = _begin_model(options, environment)
        store = _start_store(template, environment)
        words = _await_model(model, environment)
        gateway = _gateway(options.root, template, environment)
        _show(options, template, environment, store, words)
        asyncio.run(_serve(gateway, listener))
        return 0
    except StartError as error:
        console.fail(str(error))
        return 1
    except KeyboardInterrupt:  # before the web server took over the signals
        return 0
    finally:
        if isinstance(model, LocalModel):
            model.stop()


def _listen(host: str, port: int) -> socket.socket:
    """Taken first, so that a second host fails at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off, which holds every answer up for 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # who comes too early waits
    except OSError as error:
        listener.close()
        advice = f"; take another: make run PORT={port + 1}" if port else ""
        raise StartError(f"cannot listen on {host}:{port}: {error.strerror}{advice}") from None
    return listener


def _defaults(template: Template, environment: Environment) -> dict[str, str]:
    """What a function finds on Lambda without anybody's doing."""
    defaults = {name: value for name, value in template.environment.items() if value}
    defaults["POWERTOOLS_METRICS_DISABLED"] = "true"  # nobody gathers them here, and they crowd the terminal
    defaults["AWS_DEFAULT_REGION"] = environment.get("AWS_REGION") or REGION
    if not environment.get("AWS_ACCESS_KEY_ID") and not environment.get("AWS_PROFILE"):
        defaults |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    return defaults


def _begin_model(options: Options, environment: Environment) -> LocalModel | str:
    """The model, starting; or why there is none."""
    if environment.get("LOCAL_ENDPOINT"):
        return "yours, at LOCAL_ENDPOINT"
    try:
        if not options.local_model:
            raise ModelError("switched off")
        return LocalModel()
    except ModelError as error:
        return _without_model(error, environment)


def _await_model(model: LocalModel | str, environment: Environment) -> str:
    """What to say of it, when it serves or has failed."""
    if isinstance(model, str):
        return model
    try:
        environment.defaults["LOCAL_ENDPOINT"] = model.wait(START_SECONDS)
    except ModelError as error:
        return _without_model(error, environment)
    environment.refresh()
    return "local:smollm2 (SmolLM2-135M, small and often wrong)"


def _without_model(reason: ModelError, environment: Environment) -> str:
    environment.base_overlays.append(ECHO_OVERLAY)
    environment.refresh()
    return f"none ({reason}); echo:echo answers instead"


def _start_store(template: Template, environment: Environment) -> str:
    """What to say of DynamoDB, which then has the table."""
    given = environment.get("AWS_ENDPOINT_URL_DYNAMODB")
    endpoint = given or dynamodb.start()
    environment.defaults["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
    environment.refresh()
    try:
        made = dynamodb.ensure_table(endpoint, template)
    except dynamodb.DynamoDBError as error:
        raise StartError(str(error)) from None
    if not given:
        return "in memory, gone when this stops"
    return f"{given}, table {TABLE_NAME} {'made' if made else 'was there'}"


def _gateway(root: Path, template: Template, environment: Environment) -> Gateway:
    def watched() -> list[Path]:
        return [environment.dot_env, *(root / "config").glob("*.yaml"), *environment.overlays()]

    functions = Functions(root / "shared", "agentos", watched, environment.refresh)
    for function in template.functions:  # now rather than at the first request
        try:
            functions.load(function)
        except Exception:
            traceback.print_exc()
    return Gateway(template, functions, console.show_request)


def _show(options: Options, template: Template, environment: Environment, store: str, model: str) -> None:
    """The start-up summary. Raises StartError where the configuration has a mistake."""
    from agentos.config import load_settings
    from agentos.errors import ConfigError

    try:
        settings = load_settings(environment.variables)
    except ConfigError as error:
        raise StartError(str(error)) from None
    url = f"http://localhost:{options.port}"
    console.show_start(url, template.routes, settings, {"store": store, "model": model})
    for variable in console.undeclared(settings, template.environment, environment.variables):
        console.warn(f"{variable} is not declared in template.yaml, so it would not reach a deployed function")
    console.show_next(url)


class _Server(uvicorn.Server):
    """Ends on a signal like any other, but leaves the exit to us: uvicorn would raise the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):  # Windows has no SIGHUP
                signal.signal(getattr(signal, name), self.handle_exit)
        yield


async def _serve(gateway: Gateway, listener: socket.socket) -> None:
    config = uvicorn.Config(
        gateway,
        lifespan="off",
        log_level="critical",  # the gateway reports requests and errors itself
        access_log=False,
        server_header=False,
        proxy_headers=False,  # there is no proxy, so X-Forwarded-For is whatever the client likes to say
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    await _Server(config).serve(sockets=[listener])
