"""GET /providers"""

from agentos.api.endpoint import Request, endpoint
from agentos.services.provider_catalog import Matrix
from agentos.wiring import callers, provider_catalog


@endpoint(callers, "any")
def handler(request: Request) -> Matrix:
    return provider_catalog().matrix()
