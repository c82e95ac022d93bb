"""PATCH /agents/{agentId}"""

from agentos.api.bodies import AgentPatch
from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.entity_tags import matching_versions, with_entity_tag
from agentos.wiring import access_control, agent_writer


@endpoint(access_control, "agents:write", body=AgentPatch)
def handler(body: AgentPatch, request: Request) -> Response:
    allowed = matching_versions(request.headers.get("if-match"))
    return with_entity_tag(
        agent_writer().update(request.tenant, request.path["agentId"], body.root, request.deadline, allowed)
    )
