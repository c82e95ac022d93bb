"""Starts the parts of the local host and stops them: DynamoDB and SQS, the model, the functions, the web server."""

import asyncio
import gc
import math
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from botocore.session import get_session

from local import aws, console, debugger
from local.connections import SEND_BUFFER_BYTES, BoundedConnection, ClientLimits, Connections, InvalidLimit
from local.context import REGION
from local.environment import Environment
from local.filters import UnknownRule
from local.first_key import KeyTextError, ModeError, auth_mode, auth_parameters, first_key
from local.functions import Functions
from local.gateway import Gateway
from local.model import START_SECONDS, LocalModel, ModelError
from local.preflight import StartError, check_functions, check_logging, checked_settings
from local.prometheus import PATH, Metrics, WithMetrics
from local.queues import QueuePollers, ensure_queues
from local.signatures import SignatureCheck
from local.store import Store, StoreError
from local.streams import StreamPollers
from local.template import Template, load_template

TABLE_NAME = "agentos"
HOST_OVERLAY = Path(__file__).with_name("host.yaml")
ECHO_OVERLAY = Path(__file__).with_name("echo.yaml")
PAGES = "http://localhost,http://localhost:*,http://127.0.0.1,http://127.0.0.1:*"
"""The origins that may call it from a browser, unless CORS_ORIGINS names others."""
GRACE_SECONDS = 2
"""How long requests under way may take to end after Ctrl-C."""


@dataclass(frozen=True)
class Options:
    """How to run."""

    root: Path
    host: str
    port: int


def run(options: Options, environment: Environment) -> int:
    """Serve until a signal arrives, or the store's process ends. Returns the exit code."""
    try:
        with ExitStack() as parts:
            listener = _listen(options.host, options.port)
            facts = debugger.listen(environment)
            limits = ClientLimits.of(environment)
            parameters = auth_parameters(auth_mode(environment, "none"))
            template = load_template(options.root / "template.yaml", TABLE_NAME, parameters)
            environment.defaults |= _defaults(template, environment)
            environment.base_overlays.append(HOST_OVERLAY)
            environment.refresh()
            check_logging()
            # Both processes start while this one goes on.
            store = parts.enter_context(Store(options.root, environment))
            model = _start_model(environment)
            if isinstance(model, LocalModel):
                parts.callback(model.stop)
            facts = {"store": store.wait(template), "model": _wait_for_model(model, environment)} | facts
            metrics = Metrics()
            functions = _start_functions(options.root, template, environment, parts, metrics)
            origins, signatures = _origin_headers(environment), _signatures(environment)
            gateway = Gateway(template, functions, console.show_request, limits.body, origins, signatures)
            key = _first_key(environment)
            _show(options, template, environment, facts | {"metrics": f"{PATH}, for Prometheus"}, key)
            _spare_garbage_collector()
            asyncio.run(_serve(WithMetrics(gateway, metrics), listener, limits, store))
            store.check()
        return 0
    except (StartError, debugger.DebuggerError, InvalidLimit, ModeError, StoreError) as error:
        console.fail(str(error))
        return 1
    except KeyboardInterrupt:  # before the web server handles the signals
        return 0


def _listen(host: str, port: int) -> socket.socket:
    """The first thing to do, so that a second host fails at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off, which delays every response by 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)  # its connections inherit it
    try:
        listener.bind((host, port))
        listener.listen()  # connections that come before the host is ready wait
    except OSError as error:
        listener.close()
        advice = f"; take another: make run PORT={port + 1}" if port else ""
        raise StartError(f"cannot listen on {host}:{port}: {error.strerror}{advice}") from None
    return listener


def _defaults(template: Template, environment: Environment) -> dict[str, str]:
    """Variables that Lambda sets by itself, and those that the template declares."""
    defaults = {name: value for name, value in template.environment.items() if value}
    defaults |= {"AUTH_MODE": auth_mode(environment, "none"), "CORS_ORIGINS": PAGES}
    defaults["PROVIDER_KEYS"] = "values"  # some functions read names alone, but all of them are in this process
    defaults["POWERTOOLS_METRICS_DISABLED"] = "true"  # /metrics has them, and they would fill the terminal
    defaults["AWS_DEFAULT_REGION"] = environment.get("AWS_REGION") or REGION
    if not environment.get("AWS_ACCESS_KEY_ID") and not environment.get("AWS_PROFILE"):
        defaults |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    return defaults


def _start_model(environment: Environment) -> LocalModel | str:
    """The model, starting; or the text that says why there is none."""
    if environment.get("LOCAL_ENDPOINT"):
        return "yours, at LOCAL_ENDPOINT"
    try:
        if environment.get("LOCAL_MODEL") in ("0", "no"):
            raise ModelError("switched off")
        return LocalModel()
    except ModelError as error:
        return _use_echo(error, environment)


def _wait_for_model(model: LocalModel | str, environment: Environment) -> str:
    """Wait until it serves or has failed. Returns its line in the start-up summary."""
    if isinstance(model, str):
        return model
    try:
        environment.defaults["LOCAL_ENDPOINT"] = model.wait(START_SECONDS)
    except ModelError as error:
        return _use_echo(error, environment)
    environment.refresh()
    return "local:smollm2 (SmolLM2-135M, small and often wrong)"


def _use_echo(reason: ModelError, environment: Environment) -> str:
    environment.base_overlays.append(ECHO_OVERLAY)
    environment.refresh()
    return f"none ({reason}); echo:echo answers instead"


def _start_functions(
    root: Path, template: Template, environment: Environment, parts: ExitStack, metrics: Metrics
) -> Functions:
    """Load the functions and start what invokes them. Raises StartError for a filter that is not supported."""
    queues = _ensure_queues(template, environment)
    functions = _load_functions(root, template, environment, metrics)
    try:
        streams = StreamPollers(template, functions, environment.get("AWS_ENDPOINT_URL_DYNAMODB"))
    except UnknownRule as error:
        raise StartError(f"template.yaml: FilterCriteria: {error}") from None
    parts.callback(_release_leases)  # after the pollers have stopped
    for pollers in (streams, QueuePollers(template, functions, environment.get("AWS_ENDPOINT_URL_SQS"), queues)):
        pollers.start()
        parts.callback(pollers.stop)
    return functions


def _load_functions(root: Path, template: Template, environment: Environment, metrics: Metrics) -> Functions:
    def watched() -> list[Path]:
        return [environment.dot_env, *(root / "config").glob("*.yaml"), *environment.overlays()]

    def listen() -> None:  # to the modules of now: they are loaded again after an edit
        from agentos.domain.measures import MEASURES
        from agentos.kernel.metrics import listeners

        metrics.declare(MEASURES)
        if metrics.listen not in listeners:
            listeners.append(metrics.listen)

    functions = Functions(root / "shared", "agentos", watched, environment.refresh, listen)
    for function in template.functions:  # now rather than at the first request
        try:
            functions.load(function)
        except Exception:
            traceback.print_exc()
    return functions


def _spare_garbage_collector() -> None:
    """Exempt what has been loaded from garbage collection. It stays, and to look through it all stops every request for
    a tenth of a second, again and again."""
    gc.collect()
    gc.freeze()


def _ensure_queues(template: Template, environment: Environment) -> dict[str, str]:
    """The URLs of the template's queues by name. The functions find the first one by TURN_QUEUE_URL."""
    if not template.queue_sources:
        return {}
    queues = ensure_queues(environment.get("AWS_ENDPOINT_URL_SQS"), template)
    environment.defaults["TURN_QUEUE_URL"] = queues[template.queue_sources[0].queue]
    environment.refresh()
    return queues


def _release_leases() -> None:
    """Give back the leases of turns that have not ended by then, so that their sessions are free at once."""
    from agentos.wiring import release_leases  # the modules of now: they may have been loaded again since the start

    release_leases()


def _origin_headers(environment: Environment) -> Callable[[str | None], dict[str, str]]:
    """What a response says to a page of that origin."""
    from agentos.api.cors import Origins

    return Origins.of(environment.get("CORS_ORIGINS")).response_headers


def _signatures(environment: Environment) -> SignatureCheck | None:
    """Requests are to be signed with the credentials of this host."""
    if environment.get("AUTH_MODE") != "iam":
        return None
    credentials = get_session().get_credentials()
    if credentials is None:
        raise StartError("AUTH=iam: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which sign the requests")
    return SignatureCheck(credentials.access_key, credentials.secret_key)


def _first_key(environment: Environment) -> str | None:
    """A key to begin with, where one is asked for. Raises StartError."""
    if environment.get("AUTH_MODE") != "keys":
        return None
    client = aws.client("dynamodb", endpoint_url=environment.get("AWS_ENDPOINT_URL_DYNAMODB"))
    try:
        return first_key(client, TABLE_NAME, environment.get("AGENTOS_ADMIN_KEY"))
    except KeyTextError as error:
        raise StartError(str(error)) from None


def _show(
    options: Options, template: Template, environment: Environment, facts: dict[str, str], key: str | None
) -> None:
    """The start-up summary. Raises StartError if the configuration has a mistake."""
    settings = checked_settings(environment)
    check_functions()
    url = f"http://localhost:{options.port}"
    console.show_start(url, template, settings, facts)
    for variable in console.undeclared(settings, template.environment, environment.variables):
        console.warn(f"{variable} is not declared in template.yaml, so it would not reach a deployed function")
    console.show_next(url, key)


class _Server(uvicorn.Server):
    """Ends on a signal, but leaves the exit to us; uvicorn's own server raises the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):  # Windows has no SIGHUP
                signal.signal(getattr(signal, name), self.handle_exit)
        yield

    def end(self) -> None:
        """End as on a signal. May be called in any thread."""
        self.should_exit = True


async def _serve(gateway: WithMetrics, listener: socket.socket, limits: ClientLimits, store: Store) -> None:
    config = uvicorn.Config(
        gateway,
        http=partial(BoundedConnection, Connections(limits)),  # type: ignore[arg-type]  # it is called as a class would be
        ws="none",
        timeout_keep_alive=math.ceil(limits.idle),
        lifespan="off",
        log_level="critical",  # the gateway reports requests and errors itself
        access_log=False,
        server_header=False,
        proxy_headers=False,  # there is no proxy, so X-Forwarded-For is whatever the client sends
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    store.watch(server.end)
    await server.serve(sockets=[listener])
