"""POST /v1/chat/completions"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_chat import ChatRequest, chat_completion, error_envelope, refuse_key
from agentos.api.openai_chat_stream import ChatStream
from agentos.api.route_headers import headers_of
from agentos.wiring import completions, simulator


@endpoint(body=ChatRequest, envelope=error_envelope)
def handler(body: ChatRequest, request: Request) -> Response | ChatStream:
    refuse_key(request.headers.get("idempotency-key"))
    asked = request.tenant, body.neutral(), request.deadline, simulator().read(request.headers)
    if body.stream:
        return ChatStream(lambda listener: completions().complete(*asked, listener), body.stream_options)
    reply = completions().complete(*asked)
    return Response(chat_completion(reply), headers_of(reply))
