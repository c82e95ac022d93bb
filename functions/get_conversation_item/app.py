"""GET /v1/conversations/{conversationId}/items/{itemId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import conversation_item
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    session, messages = conversations().items(request.tenant, request.path["conversationId"])
    return conversation_item(session, messages, request.path["itemId"])
