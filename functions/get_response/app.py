"""GET /v1/responses/{responseId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import EventsAgain, shown_response
from agentos.wiring import access_control, responses


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject | EventsAgain:
    return shown_response(responses().get(request.tenant, request.path["responseId"]), request)
