"""POST /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.endpoint import Answer, Call, endpoint
from agentos.requests import NewMessage
from agentos.wiring import turns


@endpoint(body=NewMessage)
def handler(request: NewMessage, call: Call) -> Answer:
    reply = turns().send(call.tenant, call.path["agentId"], call.path["sessionId"], request, call.deadline)
    return Answer(reply, {"x-agentos-model": reply.model, "x-agentos-attempts": str(len(reply.route.attempts))})
