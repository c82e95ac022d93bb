"""GET /v1/responses/{responseId}/input_items"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import input_items
from agentos.wiring import access_control, responses


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    return input_items(responses().input(request.tenant, request.path["responseId"]), request)
