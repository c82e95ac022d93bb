"""POST /agents"""

from agentos.endpoint import Answer, Call, endpoint
from agentos.etags import tagged
from agentos.requests import NewAgent
from agentos.wiring import agents


@endpoint(body=NewAgent, status=201)
def handler(request: NewAgent, call: Call) -> Answer:
    return tagged(agents().create(call.tenant, request, call.deadline, call.idempotency_key()))
