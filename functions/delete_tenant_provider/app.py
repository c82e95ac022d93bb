"""DELETE /tenants/{tenant}/providers/{provider}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import callers, tenant_provider_keys


@endpoint(callers, "admin", status=204)
def handler(request: Request) -> None:
    tenant_provider_keys().delete(request.path["tenant"], request.path["provider"])
