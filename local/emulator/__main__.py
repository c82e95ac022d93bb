"""`python -m local.emulator`: serves AWS's API on this machine until Ctrl-C or SIGTERM, and then removes everything."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local import console, process
from local.emulator import containers, image, state
from local.environment import Environment
from local.ministack import ENVIRONMENT, INHERITED, interpreter
from local.model import LocalModel, ModelError
from local.sam import cli, docker

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".aws-sam" / "emulator"
PORT = 4566
"""ministack's own, which tools for such emulators expect."""
START_SECONDS = 90
MODEL_SECONDS = 60
END_SECONDS = 30
"""ministack stops the functions' containers, which may take as long."""
DOCKER_SECONDS = 60
"""How long ministack waits for Docker. A layer is copied into each container, which takes a while on a busy machine."""

FAILURES = (docker.DockerError, cli.SamError, process.ServerError, state.AlreadyRuns, OSError)
"""Errors whose text is shown as it is."""


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for what it keeps while it runs")
    options = parser.parse_args()
    environment = Environment(ROOT / ".env", dict(os.environ))
    try:
        with state.held(options.folder), serving(options.port, options.folder, environment):
            signal.sigwait({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    except FAILURES as error:
        console.fail(str(error))
        return 1
    return 0


@contextmanager
def serving(port: int, folder: Path, environment: Environment) -> Iterator[None]:
    """The emulator and the model, for the length of a `with` block. Raises one of `FAILURES`."""
    # Blocked for this thread and those that it starts, so that sigwait gets them, and nothing is left half done.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    docker.require_engine()
    if process.listens(port):
        raise OSError(f"port {port} is taken; take another: make deploy-local PORT={port + 1}")
    containers.remove(port)  # of a process that was killed
    address = docker.reachable_address()
    functions = image.prepare(environment.get("IMAGES") or "auto")
    with ExitStack() as parts:
        url, model = parts.enter_context(_model(address, environment))
        server = start(port, address, folder, functions)
        parts.callback(containers.remove, port)
        parts.callback(server.stop, END_SECONDS)
        endpoint = server.wait(START_SECONDS)
        threading.Thread(target=_end_with, args=[server], daemon=True).start()
        state.write(folder, state.Facts(os.getpid(), endpoint, address, functions.description, url, model))
        console.say(endpoint)
        yield


def start(port: int, address: str, folder: Path, functions: image.Image) -> process.Server:
    """Begin to start ministack, on loopback and where containers reach it."""
    addresses = list(dict.fromkeys(["127.0.0.1", address]))
    files = folder / "tmp"
    files.mkdir(exist_ok=True)
    inherited = (*INHERITED, "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
    variables = {name: os.environ[name] for name in inherited if name in os.environ}
    settings = {
        **state.CREDENTIALS,
        "AUTH": "true",  # policies are enforced
        "AWS_ENDPOINT_URL": f"http://{address}:{port}",  # of the functions
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_DOCKER_FLAGS": f"--add-host {docker.HOST}:host-gateway",
        "LAMBDA_EXECUTOR": "docker",
        "LAMBDA_STRICT": "1",  # in containers or not at all
        "LOG_LEVEL": "WARNING",
        "MINISTACK_DOCKER_TIMEOUT": str(DOCKER_SECONDS),
        "MINISTACK_HOSTNAME": containers.HOSTNAME,
        "MINISTACK_IMAGE_PREFIX": functions.prefix,
        "MINISTACK_REGION": state.REGION,
        "PYTHONWARNINGS": "ignore",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(files),
    }
    command = [str(interpreter(ENVIRONMENT)), "-m", "local.emulator_server", str(port), *addresses]
    return process.Server(command, ROOT, variables | settings)


def _end_with(server: process.Server) -> None:
    """Without ministack this process is of no use."""
    server.join()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _model(address: str, environment: Environment) -> Iterator[tuple[str, str]]:
    """The base URL of the local model and its line in the summary, for the length of a `with` block."""
    url, model = "", None
    try:
        if environment.get("LOCAL_MODEL") in ("0", "no"):
            raise ModelError("switched off")
        model = LocalModel(address)
        url, summary = model.wait(MODEL_SECONDS), "local:smollm2 (SmolLM2-135M, small and often wrong)"
    except ModelError as error:
        summary = f"none ({error})"
    try:
        yield url, summary
    finally:
        if model:
            model.stop()


if __name__ == "__main__":
    sys.exit(main())
