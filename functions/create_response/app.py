"""POST /v1/responses"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_responses_create import ResponseDoor
from agentos.api.openai_responses_parameters import responses_error_envelope
from agentos.api.openai_responses_request import ResponsesRequest
from agentos.api.openai_responses_stream import ResponseStream
from agentos.wiring import (
    access_control,
    background_turns,
    completions,
    keep_alive_seconds,
    response_histories,
    response_turns,
    responses,
    simulator,
)


@endpoint(access_control, "chat", body=ResponsesRequest, envelope=responses_error_envelope)
def handler(body: ResponsesRequest, request: Request) -> Response | ResponseStream:
    services = completions, response_turns, background_turns, responses
    door = ResponseDoor(*services, response_histories, keep_alive_seconds)
    return door.answer(body, request, simulator().read(request.headers))
