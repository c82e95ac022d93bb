"""Decides as the bearer token says, and hands what it was asked on to the function."""

import json
from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    headers = event.get("headers") or {"Authorization": event.get("authorizationToken")}
    wish = headers["Authorization"].removeprefix("Bearer ")
    arn = event["methodArn"]
    if wish == "unauthorized":
        raise Exception("Unauthorized")
    statements = {
        "allow": [statement("Allow", arn)],
        "allow-by-pattern": [statement("Allow", ["arn:nothing", f"{arn.partition('/')[0]}/?1/*/token/*"])],
        "allow-elsewhere": [statement("Allow", arn + "x")],
        "allow-another-action": [statement("Allow", arn, "execute-api:ManageConnections")],
        "deny": [statement("Deny", arn)],
        "allow-and-deny": [statement("Allow", arn), statement("Deny", arn)],
    }
    context_for_function = {"tenant": "acme", "asked": json.dumps(event)}
    if wish == "object-in-context":
        return {"principalId": "me", "policyDocument": policy(statements["allow"]), "context": {"roles": ["a"]}}
    if wish == "broken":
        return {"principalId": "me"}
    return {"principalId": "me", "policyDocument": policy(statements[wish]), "context": context_for_function}


def statement(effect: str, resource: str | list[str], action: str = "execute-api:Invoke") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
