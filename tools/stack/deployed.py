"""What CloudFormation knows of a stack: its state, parameters and outputs, and what would outlive it."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tools.stack.checks import RefusedError

KEEPING = {"Retain", "RetainExceptOnCreate", "Snapshot"}
"""Deletion policies with which a resource stays."""


@dataclass(frozen=True)
class Deployed:
    """A stack as it is."""

    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]


def find(cloudformation: Any, name: str) -> Deployed | None:
    """The stack of that name, None if there is none. Raises ClientError."""
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return Deployed(
        stack["StackStatus"],
        {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])},
        {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
    )


def require_updatable(name: str, stack: Deployed | None) -> None:
    """Raises RefusedError if CloudFormation would not take an update."""
    if stack is None or stack.status == "REVIEW_IN_PROGRESS":
        return
    if stack.status.endswith("_IN_PROGRESS"):
        raise RefusedError(f"The stack {name} is being changed ({stack.status}). Wait until that has ended.")
    if stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
        raise RefusedError(f"The stack {name} is {stack.status} and must be deleted first: make destroy STACK={name}")
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        raise RefusedError(
            f"The roll-back of {name} failed. Finish it with\n"
            f"  aws cloudformation continue-update-rollback --stack-name {name}"
        )


def kept_resources(cloudformation: Any, name: str) -> dict[str, str]:
    """The physical names of what stays when the stack is deleted, by logical name. Raises ClientError."""
    template = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    if isinstance(template, str):
        template = json.loads(template)
    keeping = {key for key, one in template["Resources"].items() if one.get("DeletionPolicy") in KEEPING}
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found if one["LogicalResourceId"] in keeping}


def resources_of(cloudformation: Any, name: str, kind: str) -> set[str]:
    """The physical names of the stack's resources of a type. Raises ClientError."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return {
        one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] == kind and "PhysicalResourceId" in one
    }
