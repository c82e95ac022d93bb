"""POST /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.endpoint import Answer, Call, accepted, endpoint
from agentos.reply import headers_of
from agentos.requests import Said
from agentos.streaming.turn import TurnStream
from agentos.turns import Turn
from agentos.wiring import long_turns, simulator, turns


@endpoint(body=Said)
def handler(request: Said, call: Call) -> Answer | TurnStream:
    place = call.tenant, call.path["agentId"], call.path["sessionId"]
    turn = Turn(*place, request.messages, call.deadline, call.idempotency_key(), simulator().read(call.headers))
    if call.wants_stream():
        return TurnStream(lambda audience: turns().send(turn, audience), call.last_event())
    if call.prefers_async():
        return accepted(long_turns().accept(turn))
    reply = turns().send(turn)
    return Answer(reply, headers_of(reply))
