"""POST /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.api.bodies import MessageBody
from agentos.api.endpoint import Request, Response, accepted_turn, endpoint
from agentos.api.message_stream import MessageStream
from agentos.api.route_headers import headers_of
from agentos.services.turns import Turn
from agentos.wiring import access_control, background_turns, keep_alive_seconds, simulator, turns


@endpoint(access_control, "chat", body=MessageBody)
def handler(body: MessageBody, request: Request) -> Response | MessageStream:
    place = request.caller, request.path["agentId"], request.path["sessionId"]
    how = request.deadline, request.idempotency_key(), simulator().of(request.headers, body.messages)
    turn = Turn(*place, body.messages, *how)
    if request.wants_stream():
        return MessageStream(lambda listener: turns().send(turn, listener), request.last_event(), keep_alive_seconds())
    if request.prefers_async():
        return accepted_turn(background_turns().accept(turn, request.request_id), request)
    return Response(reply := turns().send(turn), headers_of(reply))
