"""GET /providers"""

from agentos.api.endpoint import Request, endpoint
from agentos.services.provider_catalog import Matrix
from agentos.wiring import access_control, provider_catalog


@endpoint(access_control, "any")
def handler(request: Request) -> Matrix:
    return provider_catalog().matrix(request.tenant)
