"""DELETE /agents/{agentId}"""

from agentos.endpoint import Call, endpoint
from agentos.wiring import agents


@endpoint(status=204)
def handler(call: Call) -> None:
    agents().delete(call.tenant, call.path["agentId"], call.deadline)
