"""GET /agents/{agentId}/sessions/{sessionId}/turns/{turnId}"""

from agentos.domain import TurnState
from agentos.endpoint import Call, endpoint
from agentos.wiring import long_turns


@endpoint()
def handler(call: Call) -> TurnState:
    return long_turns().get(call.tenant, call.path["agentId"], call.path["sessionId"], call.path["turnId"])
