"""POST /v1/conversations"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_conversations import ConversationRequest, conversation_object
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", body=ConversationRequest, envelope=error_envelope)
def handler(body: ConversationRequest, request: Request) -> ResponseObject:
    metadata, messages, notes = body.read()
    key = request.idempotency_key()
    return conversation_object(conversations().create(request.tenant, metadata, messages, request.deadline, key), notes)
