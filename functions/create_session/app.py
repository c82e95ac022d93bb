"""POST /agents/{agentId}/sessions"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain import Session
from agentos.domain.requests import NewSession
from agentos.wiring import access_control, sessions


@endpoint(access_control, "chat", body=NewSession, status=201)
def handler(body: NewSession, request: Request) -> Session:
    return sessions().create(request.tenant, request.path["agentId"], body, request.deadline, request.idempotency_key())
