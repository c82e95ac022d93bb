"""GET /agents"""

from agentos.api.endpoint import PAGE_PARAMETERS, Request, endpoint
from agentos.domain import Agent, Page
from agentos.wiring import access_control, agents


@endpoint(access_control, "agents:read", query=PAGE_PARAMETERS)
def handler(request: Request) -> "Page[Agent]":
    page = request.page()
    return agents().page(request.tenant, page.limit, page.after, page.order)
