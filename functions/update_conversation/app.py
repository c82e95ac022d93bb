"""POST /v1/conversations/{conversationId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_conversations import ConversationChange, conversation_object
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", body=ConversationChange, envelope=error_envelope)
def handler(body: ConversationChange, request: Request) -> ResponseObject:
    metadata, notes = body.read()
    name = request.path["conversationId"]
    return conversation_object(conversations().set_metadata(request.tenant, name, metadata, request.deadline), notes)
