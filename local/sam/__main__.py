"""`python -m local.sam`: runs the stack under `sam local start-api` until Ctrl-C, and then stops all of it."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import console, process
from local.environment import Environment
from local.ports import chosen_port, port_number
from local.sam import cli, stack

START_SECONDS = 120

HELP = """\
Other settings come from the environment and .env (the environment overrides it): PORT; IMAGES, which is auto, public
for AWS's images only, or local for those made on this machine; AUTH, which is keys, jwt, iam, or none to ask for
nothing; AGENTOS_ADMIN_KEY for the first key; LOCAL_MODEL=0; AWS_ENDPOINT_URL_DYNAMODB for a DynamoDB of your own;
AGENTOS_CONFIG; and the providers' keys.
"""


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.sam", description=__doc__, epilog=HELP)
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="the folder of template.yaml")
    parser.add_argument("--env-file", type=Path, help="instead of .env in that folder")
    parser.add_argument("--port", type=port_number, help="default: PORT, else 8080")
    options = parser.parse_args()
    root = options.root.resolve()
    if not (root / "template.yaml").is_file():
        parser.error(f"argument --root: there is no template.yaml in {root}")
    environment = Environment(options.env_file or root / ".env", dict(os.environ))
    port = chosen_port(parser, options.port, environment)
    sys.path.insert(0, str(root / "shared"))
    try:
        with _signals_as_interrupt():
            return serve(root, environment, port)
    except KeyboardInterrupt:
        return 0
    except stack.FAILURES as error:
        console.fail(str(error))
        return 1


def serve(root: Path, environment: Environment, port: int) -> int:
    """Run until SAM ends or a signal arrives; the exit code. Raises one of `stack.FAILURES`, KeyboardInterrupt."""
    if process.listens(port):
        raise OSError(f"port {port} is taken; take another: make sam-local PORT={port + 1}")
    console.say("Building the functions, then starting DynamoDB and sam local ...")
    with stack.prepared(root, environment, f"agentos-{port}") as parts:
        command = [*cli.COMMAND, "local", "start-api", *parts.options]
        command += ["--port", str(port), *cli.WARM]
        with process.running(command, environment=parts.environment) as sam:
            process.wait_until(lambda: process.listens(port), START_SECONDS, sam)
            show(parts, port)
            return sam.wait()


def show(parts: stack.Stack, port: int) -> None:
    """The start-up summary without the routes, which SAM has listed."""
    console.say()
    for name, fact in parts.facts.items():
        console.say(f"{name:<11}{fact}")
    console.show_next(f"http://localhost:{port}", parts.key)


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP act like Ctrl-C. Signals after the first are ignored, so that the clean-up is not cut off."""

    def interrupt(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        signal.signal(number, interrupt)
    yield


if __name__ == "__main__":
    sys.exit(main())
