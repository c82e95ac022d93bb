"""GET /health"""

from agentos.api.endpoint import Request, endpoint
from agentos.services.provider_catalog import HealthSummary
from agentos.wiring import access_control, provider_catalog


@endpoint(access_control, "optional")
def handler(request: Request) -> HealthSummary:
    return provider_catalog().health(request.tenant) if request.caller.known else provider_catalog().summary()
