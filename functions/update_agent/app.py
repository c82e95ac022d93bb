"""PATCH /agents/{agentId}"""

from agentos.endpoint import Answer, Call, endpoint
from agentos.etags import tagged, versions
from agentos.requests import AgentPatch
from agentos.wiring import agents


@endpoint(body=AgentPatch)
def handler(request: AgentPatch, call: Call) -> Answer:
    allowed = versions(call.headers.get("if-match"))
    return tagged(agents().update(call.tenant, call.path["agentId"], request, call.deadline, allowed))
