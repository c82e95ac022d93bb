"""POST /v1/responses/{responseId}/cancel"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_stored import read_object
from agentos.wiring import access_control, responses


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    return read_object(responses().cancel(request.tenant, request.path["responseId"]))
