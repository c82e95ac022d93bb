"""The address of a background turn behind a stage, behind a custom domain's base path, and on a laptop."""

from typing import Any

import pytest

from agentos.api.endpoint import Request, Response, accepted_turn, endpoint
from agentos.domain import TurnState
from tests.support.access import open_to_all
from tests.support.gateway import Context, event

RESOURCE = "/agents/{agentId}/sessions/{sessionId}/messages"
PATH = "/agents/agent_1/sessions/sess_1/messages"
TURN = "/agents/agent_1/sessions/sess_1/turns/turn_1"


@endpoint(open_to_all, "any")
def accept(request: Request) -> Response:
    turn = TurnState(
        turn_id="turn_1", session_id="sess_1", agent_id="agent_1", state="queued", created_at="2026-11-27T00:00:00.000Z"
    )
    return accepted_turn(turn, request)


def location(path: str, context: dict[str, Any]) -> str:
    given = event(resource=RESOURCE) | {"path": path, "pathParameters": {"agentId": "agent_1", "sessionId": "sess_1"}}
    given["requestContext"] |= context
    answer = accept(given, Context())
    assert answer["statusCode"] == 202
    return str(answer["headers"]["location"])


EVENTS = {
    "behind a stage": (PATH, {"path": f"/v1{PATH}", "stage": "v1"}, "/v1"),
    "behind a stage, with a slash at the end": (f"{PATH}/", {"path": f"/v1{PATH}/", "stage": "v1"}, "/v1"),
    "a custom domain without a base path": (PATH, {"path": PATH, "stage": "v1"}, ""),
    "a custom domain's base path": (f"/ai{PATH}", {"path": f"/ai{PATH}", "stage": "v1"}, "/ai"),
    "a base path of two parts": (f"/ai/prod{PATH}", {"path": f"/ai/prod{PATH}", "stage": "v1"}, "/ai/prod"),
    "a base path with a resource's name": (f"/agents{PATH}", {"path": f"/agents{PATH}", "stage": "v1"}, "/agents"),
    "make run": (PATH, {"path": PATH, "stage": "v1"}, ""),
    "sam local, which puts the resource there": (PATH, {"path": RESOURCE, "stage": "v1"}, ""),
    "an id with an encoded slash": (PATH, {"path": "/v1/agents/a%2Fb/sessions/s/messages", "stage": "v1"}, "/v1"),
    "no path at all": (PATH, {}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("path", "context", "prefix"), EVENTS.values(), ids=EVENTS)
def test_the_location_has_the_prefix_of_the_requests_path(path: str, context: dict[str, Any], prefix: str) -> None:
    assert location(path, context) == prefix + TURN
