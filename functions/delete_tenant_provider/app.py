"""DELETE /tenants/{tenant}/providers/{provider}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, tenant_provider_keys


@endpoint(access_control, "admin", status=204)
def handler(request: Request) -> None:
    tenant_provider_keys().delete(request.path["tenant"], request.path["provider"])
