"""Deploys what `make build` has built onto an AWS emulator on this machine: `make deploy-local`.

The real `sam deploy` deploys the template as it is. Functions run in containers under their own roles, and calls that
their policies do not allow are refused. If the emulator runs already, the stack in it is updated.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "shared"))

from local import process  # noqa: E402
from local.console import calls  # noqa: E402
from local.emulator import state  # noqa: E402
from local.emulator.__main__ import FOLDER, PORT  # noqa: E402
from local.ports import port_number  # noqa: E402
from local.sam import docker  # noqa: E402
from local.sam.store import url_in_container  # noqa: E402
from tools.callers_key import KeyTextError, callers_key  # noqa: E402
from tools.stack import checks, configuration, deployed, first_key, sam, secrets, smoke  # noqa: E402
from tools.stack.deploy import keys_in, parameters_of  # noqa: E402

STACK = "agentos"
START_SECONDS = 600
"""The image of the functions may have to be made first."""
FAILURES = (
    checks.RefusedError,
    KeyTextError,
    docker.DockerError,
    sam.SamError,
    smoke.SmokeError,
    process.EndedEarly,
    ClientError,
    BotoCoreError,
    TimeoutError,
)


def launch(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """Begin to start the emulator as a process that outlives this one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "local.emulator", "--port", str(port), "--folder", str(folder)]
    with log_of(folder).open("wb") as output:
        return subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def ready(folder: Path, emulator: "subprocess.Popen[bytes]") -> state.Facts:
    """Wait until it serves. Raises EndedEarly with what it said, TimeoutError."""
    try:
        process.wait_until(lambda: state.read(folder) is not None, START_SECONDS, emulator)
    except process.EndedEarly:
        raise process.EndedEarly(log_of(folder).read_text().strip()) from None
    facts = state.read(folder)
    if facts is None:
        raise process.EndedEarly(log_of(folder).read_text().strip())
    return facts


def log_of(folder: Path) -> Path:
    """The file with the emulator's output. It is not in the folder, which goes with the emulator."""
    return folder.with_name(f"{folder.name}.log")


def session() -> Any:
    """With the credentials of the emulator's root user."""
    import boto3

    return boto3.Session(
        aws_access_key_id=state.CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=state.CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=state.REGION,
    )


def put(facts: state.Facts, stack: str, build: Path, parameters: dict[str, str]) -> tuple[str, str | None]:
    """Deploy what is built in `build`; the URL of the API, and the first key if one was made.

    Raises SamError, ClientError.
    """
    variables = {**state.CREDENTIALS, "AWS_ENDPOINT_URL": facts.endpoint}
    sam.deploy(sam.command(build / "template.yaml", stack, state.REGION, parameters), variables, quiet=True)
    found = deployed.find(session().client("cloudformation", endpoint_url=facts.endpoint), stack)
    if found is None:
        raise sam.SamError(f"the stack {stack} is gone")
    key = None
    if "AuthMode" in found.parameters and first_key.asks_for_keys(found.parameters):
        key = first_key.make(session().client("dynamodb", endpoint_url=facts.endpoint), found.outputs["TableName"])
    return url_here(facts.endpoint, found.outputs["ApiUrl"]), key


def url_here(endpoint: str, api_url: str) -> str:
    """The emulator's URL of an API whose URL on AWS is https://<id>.execute-api.<region>.amazonaws.com/<stage>."""
    parts = urlsplit(api_url)
    api_id = (parts.hostname or "").partition(".")[0]
    return f"{endpoint}/restapis/{api_id}{parts.path}/_user_request_"


def keys(facts: state.Facts, file: Path) -> dict[str, str]:
    """The keys and endpoints of .env as containers can use them, and the local model's endpoint."""
    found = keys_in(file)
    for name, value in found.items():
        if name.endswith("_ENDPOINT"):
            found[name] = url_in_container(value)
    return ({"LOCAL_ENDPOINT": facts.model_url} if facts.model_url else {}) | found


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="make deploy-local", description=__doc__)
    parser.add_argument("--stack", default=STACK, help="the stack's name (default: %(default)s)")
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT") or PORT, help="the emulator's")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for what the emulator keeps while it runs")
    parser.add_argument("--env-file", type=Path, default=ROOT / ".env", help="the providers' keys (default: .env)")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of template.yaml")
    given = parser.parse_args()
    try:
        deploy(given.folder, given.port, given.stack, given.env_file, parameters_of(given.parameter))
    except FAILURES as error:
        print(f"agentos: {error}", file=sys.stderr)
        return 1
    return 0


def deploy(folder: Path, port: int, stack: str, env_file: Path, parameters: dict[str, str]) -> None:
    """Start the emulator if need be, put the keys and the stack into it, try it out. Raises one of `FAILURES`."""
    own_key = callers_key()
    docker.require_engine()
    built = checks.built_architecture(sam.BUILD)
    checks.require_architecture(built, docker.architecture())
    configuration.require_usable(sam.BUILD, parameters)
    print("Starting the emulator ...", flush=True)
    facts = state.read(folder) or ready(folder, launch(folder, port))
    values = keys(facts, env_file)
    secrets.push(session().client("ssm", endpoint_url=facts.endpoint), f"/{stack}/providers", values)
    print("Deploying with sam deploy ...", flush=True)
    url, key = put(facts, stack, sam.BUILD, {"Architecture": built} | parameters)
    print("Sending a message ...", flush=True)
    said = smoke.run(url, key or own_key)
    print(f"\nAgentOS Serverless, stack {stack}, on {url}\n")
    print("\n".join(said))
    lines = {
        "emulator": f"ministack on {facts.endpoint}, with policies enforced",
        "functions": facts.image,
        "model": facts.model,
        "keys": ", ".join(values) or "none",
    }
    print("\n".join(["", *(f"{name:<11}{line}" for name, line in lines.items())]))
    print(f"\nTry it; make destroy-local ends it:\n\n{calls(url, key)}\n")


if __name__ == "__main__":
    sys.exit(main())
