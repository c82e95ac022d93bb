"""GET /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.api.endpoint import PAGE_PARAMETERS, Request, endpoint
from agentos.domain import Page, Reply, SentMessage
from agentos.wiring import access_control, sessions


@endpoint(access_control, "chat", query=PAGE_PARAMETERS)
def handler(request: Request) -> "Page[SentMessage | Reply]":
    page, path = request.page(), request.path
    return sessions().messages(request.tenant, path["agentId"], path["sessionId"], page.limit, page.after, page.order)
