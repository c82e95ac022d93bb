"""GET /agents/{agentId}"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.entity_tags import with_entity_tag
from agentos.wiring import access_control, agents


@endpoint(access_control, "agents:read")
def handler(request: Request) -> Response:
    return with_entity_tag(agents().get(request.tenant, request.path["agentId"], request.version()))
