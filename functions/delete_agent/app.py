"""DELETE /agents/{agentId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, agents


@endpoint(access_control, "agents:write", status=204)
def handler(request: Request) -> None:
    agents().delete(request.tenant, request.path["agentId"], request.deadline)
