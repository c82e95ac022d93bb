"""GET /agents/{agentId}/sessions"""

from agentos.domain import Page, Session
from agentos.endpoint import Call, endpoint
from agentos.wiring import sessions


@endpoint()
def handler(call: Call) -> Page[Session]:
    page, user_id = call.page(), call.query.get("userId")
    return sessions().page(call.tenant, call.path["agentId"], user_id, page.limit, page.after, page.order)
