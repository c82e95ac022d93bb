"""GET /agents/{agentId}/sessions/{sessionId}/turns/{turnId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain import TurnState
from agentos.wiring import access_control, background_turns


@endpoint(access_control, "chat")
def handler(request: Request) -> TurnState:
    return background_turns().get(
        request.tenant, request.path["agentId"], request.path["sessionId"], request.path["turnId"]
    )
