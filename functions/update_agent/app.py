"""PATCH /agents/{agentId}"""

from agentos.domain import Agent
from agentos.endpoint import Call, endpoint
from agentos.requests import AgentPatch
from agentos.wiring import agents


@endpoint(body=AgentPatch)
def handler(request: AgentPatch, call: Call) -> Agent:
    return agents().update(call.tenant, call.path["agentId"], request)
