"""Least privilege: a function may make exactly the requests to the table that it really makes."""

import os
import time
from decimal import Decimal
from typing import Any

import pytest

from agentos import wiring
from agentos.domain.budgets import Amount
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.ids import new_id
from agentos.store import keys
from agentos.store.lane_taking import Wish
from agentos.store.transport.messages import Request
from tests.replay.test_events import EVENTS
from tests.support.gateway import ROOT, Context, handler
from tests.support.long_text import ASCII, unpressable
from tests.support.seed import AGENT_ID, CREATED, KEY, KEY_ID, QUEUED, SESSION_ID, TURN_ID, seed
from tests.support.template import template
from tests.support.transport import before
from tests.support.upstream import refusal
from tests.support.wiring import rewire

Permission = tuple[str, str]
"""An action, and what it is allowed on: `table` or `index`."""

RESOURCES = {
    str({"Fn::GetAtt": ["Table", "Arn"]}): "table",
    str({"Fn::Sub": "${Table.Arn}/index/*"}): "index",
    str({"Fn::Sub": "${Table.Arn}/index/SessionsByAgent"}): "index",
}
"""What functions themselves use; a stream is read for them by Lambda."""

TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
"""A transaction needs no permission of its own, but one for each action in it ("Identity and Access Management
in DynamoDB Transactions", DynamoDB Developer Guide)."""


def statements(properties: dict[str, Any], resources: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a function's own policies, or of those of the role that it names."""
    if "Role" in properties:
        role = resources[properties["Role"]["Fn::GetAtt"][0]]["Properties"]
        return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]
    return [statement for policy in properties["Policies"] for statement in policy["Statement"]]


def allowed() -> dict[str, set[Permission]]:
    """By function, what template.yaml allows it on the table."""
    resources = template()["Resources"]
    functions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Serverless::Function"]
    return {
        properties["CodeUri"].strip("/").rpartition("/")[2]: {
            (action, RESOURCES[resource])
            for statement in statements(properties, resources)
            if (resource := _text(statement["Resource"])) in RESOURCES
            for action in statement["Action"]
        }
        for properties in functions
    }


def _text(resource: Any) -> str:
    return str(dict(resource)) if isinstance(resource, dict) else str(resource)


ALLOWED = allowed()


def needed(operation: str, parameters: dict[str, Any]) -> set[Permission]:
    """The permissions that one request takes."""
    if operation == "TransactGetItems":
        return {("dynamodb:GetItem", "table")}
    if operation == "TransactWriteItems":
        return {(f"dynamodb:{TRANSACTED[kind]}", "table") for item in parameters["TransactItems"] for kind in item}
    return {(f"dynamodb:{operation}", "index" if "IndexName" in parameters else "table")}


class Replays:
    """Replays a function's recorded events, good and bad, and notes what it asks of DynamoDB."""

    def __init__(self, folder: str) -> None:
        self.events = {name: event for name, event in EVENTS.items() if name.startswith(f"{folder}/")}
        self.folder = folder
        self.used: set[Permission] = set()

    def run(self) -> None:
        _lapsed_reserves()
        undo = before(wiring.dynamodb(), self._note)
        for event in self.events.values():
            handler(self.folder)(_keyed(event), Context())
        undo()

    def _note(self, request: Request) -> None:
        self.used |= needed(request.operation, request.parameters)


def _keyed(event: dict[str, Any]) -> dict[str, Any]:
    """With a key that may do everything. A batch of records has no headers."""
    return {**event, "headers": {**event["headers"], "x-api-key": KEY}} if "headers" in event else event


def _lapsed_reserves() -> None:
    """A turn that has died in each budget: whoever looks at the budget gives its reserve back."""
    for tenant, scope in (("acme", "tenant/acme"), ("default", f"key/{KEY_ID}")):
        budget = wiring.budget_store().find(tenant, scope)
        if budget:
            wish = Wish(budget.ledger, new_id("turn"), until=0, amount=Amount(Decimal("0.01"), 10))
            wiring.lanes().take(wish, Deadline.after(10, Clock()))


def circuit() -> str:
    """The name of the circuit of the model that the agent asks."""
    return f"local:any {wiring.settings().providers['local'].fingerprint}"


def accepted_long_ago(session_id: str, turn_id: str) -> None:
    """A turn in the background is over its time."""
    wiring.dynamodb().call(
        "UpdateItem",
        TableName=os.environ["TABLE_NAME"],
        Key=keys.turn(keys.session_partition("default", AGENT_ID, session_id), turn_id),
        UpdateExpression="SET createdAt = :then",
        ExpressionAttributeValues={":then": {"S": CREATED}},
    )


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_function_is_allowed_what_it_does_and_nothing_else(
    folder: str, parameter_store: Any, api: Any, environment: pytest.MonkeyPatch, upstream: Any
) -> None:
    replays = Replays(folder)
    seed()
    # There is something to list, to read and to sweep, and so long a message that it has parts.
    unlisted = {"model": "local:any", "config": {"historyTokens": 1_000_000}}
    api("update_agent", unlisted, agentId=AGENT_ID)
    assert api.say(AGENT_ID, SESSION_ID, unpressable(ASCII, 600_000)).status == 200
    environment.setenv("AUTH_MODE", "keys")
    rewire()
    replays.run()

    rewire()  # a fresh environment, with the circuit open for so long that the target may be tried again
    wiring.circuits().pause(circuit(), int(time.time()) - 60)
    replays.run()

    rewire()
    upstream.default = refusal(429, "rate_limited", retry_after="600")  # the target asks to be left alone
    replays.run()

    rewire()
    upstream.default = refusal(401)  # it fails until its circuit opens
    wiring.circuits().close(circuit())
    replays.run()
    replays.run()

    accepted_long_ago(SESSION_ID, TURN_ID)
    accepted_long_ago(QUEUED.session_id, QUEUED.turn_id)
    replays.run()

    session = keys.session("default", AGENT_ID, SESSION_ID)  # time-to-live takes the session, and leaves its messages
    wiring.dynamodb().call("DeleteItem", TableName=os.environ["TABLE_NAME"], Key=session)
    replays.run()

    assert replays.used == ALLOWED[folder]


def test_every_function_is_covered() -> None:
    assert set(ALLOWED) == {path.parent.name for path in ROOT.glob("functions/*/app.py")}
