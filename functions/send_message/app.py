"""POST /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.endpoint import Answer, Call, endpoint
from agentos.requests import Said
from agentos.simulation import HEADER
from agentos.turns import Turn
from agentos.wiring import simulator, turns


@endpoint(body=Said)
def handler(request: Said, call: Call) -> Answer:
    place = call.tenant, call.path["agentId"], call.path["sessionId"]
    simulated = simulator().read(call.headers.get(HEADER))
    reply = turns().send(Turn(*place, request.messages, call.deadline, call.idempotency_key(), simulated))
    return Answer(reply, {"x-agentos-model": reply.model, "x-agentos-attempts": str(len(reply.route.attempts))})
