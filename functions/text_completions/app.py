"""POST /v1/completions"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_text import TextRequest, TextStream, text_completion
from agentos.api.route_headers import headers_of
from agentos.wiring import access_control, completions, keep_alive_seconds, simulator


@endpoint(access_control, "chat", body=TextRequest, envelope=error_envelope)
def handler(body: TextRequest, request: Request) -> Response | TextStream:
    asked, form = body.neutral()
    call = request.caller, asked, request.deadline, simulator().read(request.headers), request.idempotency_key()
    if body.stream:
        return TextStream(lambda listener: completions().complete(*call, listener), form, keep_alive_seconds())
    reply = completions().complete(*call)
    return Response(text_completion(reply, form), headers_of(reply))
