"""GET /v1/conversations/{conversationId}/items"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import conversation_items
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    session, messages = conversations().items(request.tenant, request.path["conversationId"])
    return conversation_items(session, messages, request)
