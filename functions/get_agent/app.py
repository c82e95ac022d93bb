"""GET /agents/{agentId}"""

from agentos.domain import Agent
from agentos.endpoint import Call, endpoint
from agentos.wiring import agents


@endpoint()
def handler(call: Call) -> Agent:
    return agents().get(call.tenant, call.path["agentId"])
