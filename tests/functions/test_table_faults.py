"""The table's trouble is a 503 or a 429 with `Retry-After`, never a 500. Failed bookkeeping fails no turn."""

from typing import Any

import pytest

from agentos import wiring
from agentos.store.transport.messages import Answer, Request
from tests.functions.conftest import Providers, chat
from tests.support.faults import FAULTS, Fault, Faults, cut, error, refused
from tests.support.gateway import Answer as Response
from tests.support.gateway import Client, Context, event, invoke
from tests.support.logs import captured
from tests.support.transport import Send, around, is_about_health
from tests.support.wiring import rewire

SECRET = "a secret that no log line may hold"
ALWAYS = 1000

CALLS: dict[str, tuple[str, Any, set[str]]] = {
    "create_agent": ("PutItem", {"name": SECRET, "model": "local:any"}, set()),
    "get_agent": ("GetItem", None, {"agentId"}),
    "list_agents": ("Query", None, set()),
    "update_agent": ("TransactWriteItems", {"description": SECRET}, {"agentId"}),
    "delete_agent": ("PutItem", None, {"agentId"}),
    "create_session": ("TransactWriteItems", {"metadata": {"a": SECRET}}, {"agentId"}),
    "get_session": ("BatchGetItem", None, {"agentId", "sessionId"}),
    "list_sessions": ("Query", None, {"agentId"}),
    "delete_session": ("PutItem", None, {"agentId", "sessionId"}),
    "send_message": ("UpdateItem", {"content": SECRET}, {"agentId", "sessionId"}),
    "list_messages": ("Query", None, {"agentId", "sessionId"}),
    "explain_route": ("GetItem", {"content": SECRET}, {"agentId"}),
}
"""By function: a kind of request that it makes, a body, the path."""


@pytest.fixture
def path(api: Client, upstream: Any) -> dict[str, str]:
    agent_id = api.agent(description=SECRET)
    path = {"agentId": agent_id, "sessionId": api.session(agent_id, metadata={"a": SECRET})}
    assert api.say(*path.values(), SECRET).status == 200
    rewire()  # another process, which must read the history
    return path


def call(folder: str, path: dict[str, str], seconds: float = 3) -> Response:
    """To a function that has so many seconds left."""
    _, body, names = CALLS[folder]
    resource = {name: path[name] for name in names}
    return invoke(folder, event(body, resource, resource=f"/{folder}"), Context(seconds=seconds))


def is_reported(answer: Response, throttled: bool = False) -> bool:
    documented = (answer.status, answer.json["code"]) == ((429, "throttled") if throttled else (503, "unavailable"))
    return documented and int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("folder", CALLS)
@pytest.mark.parametrize("fault", ["cut error", "page 400", "access denied"])
def test_a_table_that_does_not_answer_or_refuses_is_a_503(
    api: Client, path: dict[str, str], folder: str, fault: str
) -> None:
    faults = Faults(wiring.dynamodb())
    faults.inflict(FAULTS[fault], CALLS[folder][0], ALWAYS)
    with captured() as log:
        answer = call(folder, path)
    assert is_reported(answer), answer.text
    assert "secret" not in log.getvalue()
    assert "secret" not in answer.text


@pytest.mark.parametrize("fault", ["no connection", "server error", "throttled", "cut"])
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "Query", "TransactWriteItems"])
def test_a_fault_of_the_table_at_any_request_of_a_turn_is_handled(
    api: Client, upstream: Any, path: dict[str, str], operation: str, fault: str
) -> None:
    faults = Faults(wiring.dynamodb())
    faults.inflict(FAULTS[fault], operation, ALWAYS)
    answer = call("send_message", path, seconds=4)
    faults.left = 0
    if fault == "cut" and operation == "TransactWriteItems":  # it was done, and the repeated request finds it done
        assert answer.status in (200, 503)
    else:
        assert is_reported(answer, throttled=fault == "throttled"), answer.text


def test_a_conflict_on_the_lease_is_not_reported_as_a_busy_session(
    api: Client, upstream: Any, path: dict[str, str]
) -> None:
    conflict = error("TransactionConflictException")
    faults = Faults(wiring.dynamodb())
    faults.inflict(conflict, "UpdateItem", 3)
    assert call("send_message", path, seconds=20).status == 200
    faults.inflict(conflict, "UpdateItem", ALWAYS)
    assert is_reported(call("send_message", path, seconds=1), throttled=True)


@pytest.mark.parametrize("fault", [refused, cut, error("AccessDeniedException"), FAULTS["page 400"]])
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "GetItem"])
def test_faults_of_circuits_or_latencies_fail_no_turn(
    api: Client, providers: Providers, operation: str, fault: Fault
) -> None:
    """The circuit of the first target is due for its probe, which the table lets no caller make."""
    session = chat(api)
    assert session.say("before").status == 200
    model = "openai:gpt-4o-mini"
    name = f"{model} {wiring.settings().providers['openai'].fingerprint}"
    wiring.circuits().pause(name, int(wiring.clock().time()) - 1000)
    rewire()

    def about_health(request: Request, send: Send) -> Answer:
        return fault(request, send) if is_about_health(request) else send(request)

    around(wiring.dynamodb(), about_health, operation)
    assert session.say("after").status == 200
