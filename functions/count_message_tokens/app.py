"""POST /v1/messages/count_tokens"""

from agentos.api.anthropic_count import MessageTokens
from agentos.api.anthropic_errors import anthropic
from agentos.api.anthropic_request import MessagesRequest
from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, token_counting


@endpoint(access_control, "chat", body=MessagesRequest, convention=anthropic)
def handler(body: MessagesRequest, request: Request) -> MessageTokens:
    asked, form = body.neutral(request.headers)
    return MessageTokens(counted=token_counting().count(request.caller, asked, request.deadline), form=form)
