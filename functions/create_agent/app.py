"""POST /agents"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.entity_tags import with_entity_tag
from agentos.domain.requests import NewAgent
from agentos.wiring import access_control, agent_writer


@endpoint(access_control, "agents:write", body=NewAgent, status=201)
def handler(body: NewAgent, request: Request) -> Response:
    return with_entity_tag(agent_writer().create(request.tenant, body, request.deadline, request.idempotency_key()))
