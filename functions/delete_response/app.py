"""DELETE /v1/responses/{responseId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import deleted
from agentos.wiring import access_control, responses


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    responses().delete(request.tenant, request.path["responseId"])
    return deleted("response", request.path["responseId"])
