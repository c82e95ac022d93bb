"""GET /agents/{agentId}/sessions/{sessionId}/messages"""

from agentos.domain import Page, Reply, SentMessage
from agentos.endpoint import Call, endpoint
from agentos.wiring import sessions


@endpoint()
def handler(call: Call) -> Page[SentMessage | Reply]:
    page, path = call.page(), call.path
    return sessions().messages(call.tenant, path["agentId"], path["sessionId"], page.limit, page.after, page.order)
