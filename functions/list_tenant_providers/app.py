"""GET /tenants/{tenant}/providers"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.tenant_providers import TenantProviders
from agentos.wiring import access_control, tenant_provider_keys


@endpoint(access_control, "admin")
def handler(request: Request) -> TenantProviders:
    return tenant_provider_keys().list(request.path["tenant"])
