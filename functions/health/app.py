"""GET /health"""

from agentos.api.endpoint import Request, endpoint
from agentos.services.provider_catalog import Health
from agentos.wiring import provider_catalog


@endpoint()
def handler(request: Request) -> Health:
    return provider_catalog().health()
