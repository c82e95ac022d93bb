"""DELETE /agents/{agentId}/sessions/{sessionId}"""

from agentos.endpoint import Call, endpoint
from agentos.wiring import sessions


@endpoint(status=204)
def handler(call: Call) -> None:
    sessions().delete(call.tenant, call.path["agentId"], call.path["sessionId"], call.deadline)
