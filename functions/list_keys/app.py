"""GET /keys"""

from agentos.api.endpoint import PAGE_PARAMETERS, Request, endpoint
from agentos.domain import Page
from agentos.domain.api_keys import ApiKey
from agentos.wiring import access_control, api_keys


@endpoint(access_control, "admin", query=PAGE_PARAMETERS)
def handler(request: Request) -> "Page[ApiKey]":
    page = request.page()
    return api_keys().page(page.limit, page.after, page.order)
