"""GET /agents/{agentId}/sessions/{sessionId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain import Session
from agentos.wiring import callers, sessions


@endpoint(callers, "chat")
def handler(request: Request) -> Session:
    return sessions().get(request.tenant, request.path["agentId"], request.path["sessionId"])
