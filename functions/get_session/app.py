"""GET /agents/{agentId}/sessions/{sessionId}"""

from agentos.domain import Session
from agentos.endpoint import Call, endpoint
from agentos.wiring import sessions


@endpoint()
def handler(call: Call) -> Session:
    return sessions().get(call.tenant, call.path["agentId"], call.path["sessionId"])
