"""GET /agents/{agentId}/sessions"""

from agentos.api.endpoint import PAGE_PARAMETERS, Request, endpoint
from agentos.domain import Page, Session, SessionFilter
from agentos.wiring import access_control, sessions


@endpoint(access_control, "chat", query=(*PAGE_PARAMETERS, "userId", "sessionId", "metadata.*"))
def handler(request: Request) -> "Page[Session]":
    page, asked = request.page(), request.query
    wanted = SessionFilter(asked.get("userId"), asked.get("sessionId"), request.below("metadata"))
    return sessions().page(request.tenant, request.path["agentId"], wanted, page.limit, page.after, page.order)
