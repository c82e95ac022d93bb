"""POST /v1/messages"""

from agentos.api.anthropic_errors import anthropic
from agentos.api.anthropic_messages import message
from agentos.api.anthropic_request import MessagesRequest
from agentos.api.anthropic_stream import AnthropicStream
from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.route_headers import headers_of
from agentos.wiring import access_control, completions, keep_alive_seconds, simulator


@endpoint(access_control, "chat", body=MessagesRequest, convention=anthropic)
def handler(body: MessagesRequest, request: Request) -> Response | AnthropicStream:
    asked, form = body.neutral(request.headers)
    call = request.caller, asked, request.deadline, simulator().read(request.headers), request.idempotency_key()
    if body.stream:
        return AnthropicStream(lambda listener: completions().complete(*call, listener), form, keep_alive_seconds())
    reply = completions().complete(*call)
    return Response(message(reply, form), headers_of(reply))
