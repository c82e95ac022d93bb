"""GET /v1/conversations/{conversationId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_conversations import conversation_object
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    return conversation_object(conversations().get(request.tenant, request.path["conversationId"]))
