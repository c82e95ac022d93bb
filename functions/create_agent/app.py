"""POST /agents"""

from agentos.domain import Agent
from agentos.endpoint import Call, endpoint
from agentos.requests import NewAgent
from agentos.wiring import agents


@endpoint(body=NewAgent, status=201)
def handler(request: NewAgent, call: Call) -> Agent:
    return agents().create(call.tenant, request, call.deadline, call.idempotency_key())
