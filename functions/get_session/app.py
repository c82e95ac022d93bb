"""GET /agents/{agentId}/sessions/{sessionId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain import Session
from agentos.wiring import access_control, sessions


@endpoint(access_control, "chat")
def handler(request: Request) -> Session:
    return sessions().get(request.tenant, request.path["agentId"], request.path["sessionId"])
