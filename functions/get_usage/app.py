"""GET /usage"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.response import TextResponse
from agentos.api.usage_report import PARAMETERS, rendered_report, tenant_asked, usage_query
from agentos.domain.usage_sums import UsageReport
from agentos.wiring import access_control, clock, usage_reports


@endpoint(access_control, "usage", query=PARAMETERS)
def handler(request: Request) -> UsageReport | TextResponse:
    report = usage_reports().report(tenant_asked(request), usage_query(request, clock()))
    return rendered_report(report, request)
