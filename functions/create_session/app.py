"""POST /agents/{agentId}/sessions"""

from agentos.domain import Session
from agentos.endpoint import Call, endpoint
from agentos.requests import NewSession
from agentos.wiring import sessions


@endpoint(body=NewSession, status=201)
def handler(request: NewSession, call: Call) -> Session:
    return sessions().create(call.tenant, call.path["agentId"], request, call.deadline, call.idempotency_key())
