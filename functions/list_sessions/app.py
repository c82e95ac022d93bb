"""GET /agents/{agentId}/sessions"""

from agentos.api.endpoint import PAGE_PARAMETERS, Request, endpoint
from agentos.domain import Page, Session
from agentos.wiring import access_control, sessions


@endpoint(access_control, "chat", query=(*PAGE_PARAMETERS, "userId"))
def handler(request: Request) -> Page[Session]:
    page, user_id = request.page(), request.query.get("userId")
    return sessions().page(request.tenant, request.path["agentId"], user_id, page.limit, page.after, page.order)
