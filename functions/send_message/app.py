"""POST /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.endpoint import Answer, Call, accepted, endpoint
from agentos.reply import headers_of
from agentos.requests import Said
from agentos.simulation import HEADER
from agentos.turns import Turn
from agentos.wiring import long_turns, simulator, turns


@endpoint(body=Said)
def handler(request: Said, call: Call) -> Answer:
    place = call.tenant, call.path["agentId"], call.path["sessionId"]
    simulated = simulator().read(call.headers.get(HEADER))
    turn = Turn(*place, request.messages, call.deadline, call.idempotency_key(), simulated)
    if call.prefers_async():
        state = long_turns().accept(turn)
        return accepted(state, f"/agents/{state.agent_id}/sessions/{state.session_id}/turns/{state.turn_id}")
    reply = turns().send(turn)
    return Answer(reply, headers_of(reply))
