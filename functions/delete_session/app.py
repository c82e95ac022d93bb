"""DELETE /agents/{agentId}/sessions/{sessionId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, sessions


@endpoint(access_control, "chat", status=204)
def handler(request: Request) -> None:
    sessions().delete(request.tenant, request.path["agentId"], request.path["sessionId"], request.deadline)
