"""GET /agents"""

from agentos.domain import Agent, Page
from agentos.endpoint import Call, endpoint
from agentos.wiring import agents


@endpoint()
def handler(call: Call) -> Page[Agent]:
    page = call.page()
    return agents().page(call.tenant, page.limit, page.after, page.order)
