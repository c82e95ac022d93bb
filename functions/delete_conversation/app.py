"""DELETE /v1/conversations/{conversationId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import deleted
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", envelope=error_envelope)
def handler(request: Request) -> ResponseObject:
    text = request.path["conversationId"]
    conversations().delete(request.tenant, text, request.deadline)
    return deleted("conversation.deleted", text)
