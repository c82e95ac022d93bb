"""GET /agents"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain import Agent, Page
from agentos.wiring import agents


@endpoint()
def handler(request: Request) -> Page[Agent]:
    page = request.page()
    return agents().page(request.tenant, page.limit, page.after, page.order)
