"""POST /v1/responses"""

from agentos import wiring
from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openai_responses_create import ResponseDoor
from agentos.api.openai_responses_parameters import responses_error_envelope
from agentos.api.openai_responses_request import ResponsesRequest
from agentos.api.openai_responses_stream import ResponseStream


@endpoint(wiring.access_control, "chat", body=ResponsesRequest, envelope=responses_error_envelope)
def handler(body: ResponsesRequest, request: Request) -> Response | ResponseStream:
    services = wiring.completions, wiring.response_turns, wiring.background_turns, wiring.responses
    door = ResponseDoor(*services, wiring.response_histories, wiring.keep_alive_seconds)
    return door.answer(body, request, wiring.simulator().read(request.headers))
