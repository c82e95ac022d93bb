"""POST /v1/conversations/{conversationId}/items"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_conversations import NewItems
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_responses import ResponseObject
from agentos.api.openai_responses_read import added_items
from agentos.wiring import access_control, conversations


@endpoint(access_control, "chat", body=NewItems, envelope=error_envelope)
def handler(body: NewItems, request: Request) -> ResponseObject:
    messages, notes = body.read()
    name, key = request.path["conversationId"], request.idempotency_key()
    return added_items(*conversations().add(request.tenant, name, messages, request.deadline, key), notes)
