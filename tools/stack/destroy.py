"""Deletes a stack after saying what stays: `make destroy`."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from tools.stack import checks, deployed
from tools.stack.deploy import REGION

FAILURES = (checks.RefusedError, ClientError, BotoCoreError, WaiterError)


def parameters_left(ssm: Any, stack: str) -> list[str]:
    """The names of the providers' keys and endpoints, those of tenants included. Raises ClientError."""
    paginator = ssm.get_paginator("get_parameters_by_path")
    paths = (f"/{stack}/providers", f"/{stack}/tenants")
    pages = (page for path in paths for page in paginator.paginate(Path=path, Recursive=True))
    return sorted(parameter["Name"] for page in pages for parameter in page["Parameters"])


def log_groups_left(logs: Any, cloudformation: Any, stack: str) -> list[str]:
    """The log groups of the stack's functions that are no resources of it. Raises ClientError."""
    functions = deployed.resources_of(cloudformation, stack, "AWS::Lambda::Function")
    own = deployed.resources_of(cloudformation, stack, "AWS::Logs::LogGroup")
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{stack}-")
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    return sorted(name for name in names if name.rpartition("/")[2] in functions and name not in own)


def explanation(kept: dict[str, str], parameters: list[str], log_groups: list[str]) -> list[str]:
    """What stays, each with the command that removes it."""
    lines = [f"  {name}: {physical}, with all its data" for name, physical in sorted(kept.items())]
    lines += [f"    aws dynamodb delete-table --table-name {one}" for name, one in kept.items() if name == "Table"]
    if parameters:
        lines.append(f"  {len(parameters)} parameters with keys and endpoints of providers")
        lines += [f"    aws ssm delete-parameter --name {name}" for name in parameters]
    if log_groups:
        lines.append(f"  {len(log_groups)} log groups")
        lines += [f"    aws logs delete-log-group --log-group-name {name}" for name in log_groups]
    lines.append("  what sam deploy uploaded, in the bucket of the stack aws-sam-cli-managed-default")
    return lines


def run(session: Any, stack: str, ask: Callable[[str], str] | None) -> None:
    """Say what stays, have the name typed in, delete, and wait. Raises one of `FAILURES`."""
    account, _ = checks.caller(session.client("sts"))
    cloudformation = session.client("cloudformation")
    if deployed.find(cloudformation, stack) is None:
        raise checks.RefusedError(f"There is no stack {stack} in {session.region_name} of account {account}.")
    kept = deployed.kept_resources(cloudformation, stack)
    parameters = parameters_left(session.client("ssm"), stack)
    log_groups = log_groups_left(session.client("logs"), cloudformation, stack)
    print(f"The API, functions and queues of {stack} in {session.region_name} of account {account} will be deleted.")
    print("These stay, and cost money until you remove them:")
    print("\n".join(explanation(kept, parameters, log_groups)), flush=True)
    if ask and ask(f"Type {stack} to delete the stack: ").strip() != stack:
        raise checks.RefusedError("Nothing was deleted.")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
    print(f"The stack {stack} is deleted.")


def main() -> int:
    """The exit code."""
    import boto3

    parser = argparse.ArgumentParser(prog="make destroy", description=__doc__)
    parser.add_argument("--stack", default="agentos", help="the stack's name (default: %(default)s)")
    parser.add_argument("--region", help="default: that of your AWS configuration, else us-east-1")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    given = parser.parse_args()
    try:
        session = boto3.Session(region_name=given.region)
        if not session.region_name:
            session = boto3.Session(region_name=REGION)
        if not (given.yes or sys.stdin.isatty()):
            raise checks.RefusedError("No terminal is attached to ask for a confirmation; --yes goes on without one.")
        run(session, given.stack, None if given.yes else input)
    except FAILURES as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
