"""POST /v1/responses"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_responses import response_object
from agentos.api.openai_responses_parameters import responses_error_envelope
from agentos.api.openai_responses_request import ResponsesRequest
from agentos.api.openai_responses_stream import ResponseStream
from agentos.api.route_headers import headers_of
from agentos.wiring import access_control, completions, keep_alive_seconds, simulator


@endpoint(access_control, "chat", body=ResponsesRequest, envelope=responses_error_envelope)
def handler(body: ResponsesRequest, request: Request) -> Response | ResponseStream:
    asked, form = body.neutral()
    call = request.caller, asked, request.deadline, simulator().read(request.headers), request.idempotency_key()
    if body.stream:
        return ResponseStream(lambda listener: completions().complete(*call, listener), form, keep_alive_seconds())
    reply = completions().complete(*call)
    return Response(response_object(reply, form), headers_of(reply))
