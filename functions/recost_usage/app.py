"""POST /usage/what-if"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.recost_request import RecostBody, recost_query
from agentos.domain.recosting import RecostPage
from agentos.wiring import access_control, clock, recosting


@endpoint(access_control, "usage", body=RecostBody)
def handler(body: RecostBody, request: Request) -> RecostPage:
    return recosting().page(request.tenant, recost_query(body, clock()))
