"""Deploys what `make build` has built, with the providers' keys of .env, and tries it out: `make deploy`.

It asks for the stack's name, the region and Amazon Bedrock; Enter takes what stands in brackets. With --yes, or where
no terminal is attached, it asks nothing.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "shared"))

from agentos.settings.loading import load_settings  # noqa: E402
from local.console import calls  # noqa: E402
from local.environment import parse  # noqa: E402
from tools.callers_key import KeyTextError, callers_key  # noqa: E402
from tools.stack import checks, configuration, deployed, first_key, sam, secrets, smoke  # noqa: E402
from tools.stack.questions import Questions  # noqa: E402

REGION = "us-east-1"
FAILURES = (checks.RefusedError, KeyTextError, sam.SamError, smoke.SmokeError, ClientError, BotoCoreError)
"""Errors whose text is shown as it is."""


@dataclass(frozen=True)
class Plan:
    """What is going to be deployed, and where."""

    stack: str
    region: str
    parameters: dict[str, str]
    values: dict[str, str]
    """Keys and endpoints for the parameter store."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Those of the command line, if no others are given."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__.split("\n\n")[0])
    parser.add_argument("--stack", help="the stack's name (default: agentos)")
    parser.add_argument("--region", help="default: that of your AWS configuration, else us-east-1")
    parser.add_argument("--architecture", default="", help="refuse to deploy if another one was built")
    parser.add_argument("--bedrock-models", help="ARNs of Amazon Bedrock's models, separated by commas")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of template.yaml")
    parser.add_argument("--env-file", type=Path, default=ROOT / ".env", help="the providers' keys (default: .env)")
    parser.add_argument(
        "--build-dir", type=Path, default=sam.BUILD, help="what sam build made (default: .aws-sam/build)"
    )
    parser.add_argument("--no-secrets", action="store_true", help="leave the parameter store as it is")
    parser.add_argument("--no-smoke", action="store_true", help="send no request to the stack")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    return parser.parse_args(given)


def parameters_of(pairs: list[str]) -> dict[str, str]:
    """The values by name. Raises RefusedError if one is not of the form NAME=VALUE."""
    for pair in pairs:
        if "=" not in pair:
            raise checks.RefusedError(f"--parameter {pair}: it must have the form NAME=VALUE")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def keys_in(file: Path) -> dict[str, str]:
    """The keys and endpoints of providers in a .env file; none without the file."""
    return secrets.wanted(load_settings({}), parse(file.read_text("utf-8"))) if file.is_file() else {}


def bedrock(questions: Questions, given: str | None, before: dict[str, str]) -> str:
    """The ARNs of Bedrock's models, separated by commas. An existing stack keeps its own by default."""
    if given is not None:
        return given
    question = "ARNs of the Amazon Bedrock models that may be called, separated by commas; - for none"
    answer = questions.text(question, before.get("BedrockModels", ""))
    return "" if answer == "-" else answer


def plan(given: argparse.Namespace, questions: Questions, stack: str, region: str, before: dict[str, str]) -> Plan:
    """What to deploy, after the remaining questions. Raises RefusedError."""
    parameters = parameters_of(given.parameter)
    built = checks.built_architecture(given.build_dir)
    for wanted in (given.architecture, parameters.get("Architecture", "")):
        checks.require_architecture(built, wanted)
    configuration.require_usable(given.build_dir, before | parameters)
    models = bedrock(questions, given.bedrock_models, before)
    values = {} if given.no_secrets else keys_in(given.env_file)
    question = f"Put {', '.join(values)} of {given.env_file.name} into the stack's parameter store?"
    if values and not questions.yes(question, default=True):
        values = {}
    return Plan(stack, region, {"Architecture": built, "BedrockModels": models} | parameters, values)


def push_secrets(ssm: Any, wanted: Plan) -> None:
    """Write the keys, and print their names."""
    path = f"/{wanted.stack}/providers"
    changes = secrets.push(ssm, path, wanted.values)
    print("\n".join([f"{path}/", *(f"  {line}" for line in changes.lines())]), flush=True)


def run(given: argparse.Namespace, questions: Questions, session: Any) -> tuple[str, str | None]:
    """Check, ask and deploy; the stack's URL, and its first key if one was made. Raises one of `FAILURES`."""
    account, arn = checks.caller(session.client("sts"))
    print(f"Account {account}, as {arn}.")
    stack = given.stack or questions.text("Name of the stack", "agentos")
    region = given.region or questions.text("Region", session.region_name)
    clients = {name: session.client(name, region_name=region) for name in ("cloudformation", "lambda", "ssm")}
    before = deployed.find(clients["cloudformation"], stack)
    deployed.require_updatable(stack, before)
    if warning := checks.concurrency_warning(checks.concurrency(clients["lambda"])):
        print(f"warning: {warning}")
    wanted = plan(given, questions, stack, region, before.parameters if before else {})
    if wanted.parameters.get("AuthMode") == "none":
        print("warning: with AuthMode none, everybody who knows the URL can use it and spend your money.")
    deed = "Update" if before else "Create"
    if not questions.yes(f"{deed} the stack {stack} in {region} of account {account}?", default=True):
        raise checks.RefusedError("Nothing was changed.")
    push_secrets(clients["ssm"], wanted)
    sam.deploy(sam.command(given.build_dir / "template.yaml", stack, region, wanted.parameters), credentials(session))
    after = deployed.find(clients["cloudformation"], stack)
    if after is None:
        raise sam.SamError(f"the stack {stack} is gone")
    key = None
    if first_key.asks_for_keys(after.parameters):
        key = first_key.make(session.client("dynamodb", region_name=region), after.outputs["TableName"])
    return after.outputs["ApiUrl"], key


def credentials(session: Any) -> dict[str, str]:
    """The session's credentials as environment variables, so that SAM CLI uses the very same."""
    found = session.get_credentials().get_frozen_credentials()
    token = {"AWS_SESSION_TOKEN": found.token} if found.token else {}
    return {"AWS_ACCESS_KEY_ID": found.access_key, "AWS_SECRET_ACCESS_KEY": found.secret_key, **token}


def main() -> int:
    """The exit code."""
    import boto3

    given = arguments()
    attended = sys.stdin.isatty() and not given.yes
    try:
        own_key = callers_key()
        session = boto3.Session(region_name=given.region)
        if not session.region_name:
            session = boto3.Session(region_name=REGION)
        url, key = run(given, Questions(input if attended else None), session)
        print(f"\n{url}\n")
        if key:
            print("\n".join([*first_key.lines(key), ""]), flush=True)
        if not given.no_smoke:
            print("\n".join(smoke.run(url, key or own_key)))
    except FAILURES as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\nTry it:\n\n{calls(url, key)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
