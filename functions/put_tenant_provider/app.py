"""PUT /tenants/{tenant}/providers/{provider}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.tenant_providers import NewTenantProvider, TenantProvider
from agentos.wiring import access_control, tenant_provider_keys


@endpoint(access_control, "admin", body=NewTenantProvider)
def handler(body: NewTenantProvider, request: Request) -> TenantProvider:
    return tenant_provider_keys().put(request.path["tenant"], request.path["provider"], body)
