"""GET /agents/{agentId}"""

from agentos.endpoint import Answer, Call, endpoint
from agentos.etags import tagged
from agentos.wiring import agents


@endpoint()
def handler(call: Call) -> Answer:
    return tagged(agents().get(call.tenant, call.path["agentId"], call.version()))
