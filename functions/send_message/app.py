"""POST /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.endpoint import Answer, Call, endpoint
from agentos.requests import NewMessage
from agentos.simulation import HEADER
from agentos.wiring import simulator, turns


@endpoint(body=NewMessage)
def handler(request: NewMessage, call: Call) -> Answer:
    agent_id, session_id = call.path["agentId"], call.path["sessionId"]
    simulated = simulator().read(call.headers.get(HEADER))
    reply = turns().send(call.tenant, agent_id, session_id, request, call.deadline, simulated)
    return Answer(reply, {"x-agentos-model": reply.model, "x-agentos-attempts": str(len(reply.route.attempts))})
