"""POST /v1/chat/completions"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_chat import chat_completion
from agentos.api.openai_chat_request import ChatRequest
from agentos.api.openai_chat_stream import ChatStream
from agentos.api.openai_errors import error_envelope
from agentos.api.route_headers import headers_of
from agentos.wiring import access_control, completions, keep_alive_seconds, simulator


@endpoint(access_control, "chat", body=ChatRequest, envelope=error_envelope)
def handler(body: ChatRequest, request: Request) -> Response | ChatStream:
    asked, form = body.neutral()
    call = request.caller, asked, request.deadline, simulator().read(request.headers), request.idempotency_key()
    if body.stream:
        return ChatStream(lambda listener: completions().complete(*call, listener), form, keep_alive_seconds())
    reply = completions().complete(*call)
    return Response(chat_completion(reply, form), headers_of(reply))
