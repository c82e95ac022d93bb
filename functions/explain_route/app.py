"""POST /agents/{agentId}/route"""

from agentos.domain import Plan
from agentos.endpoint import Call, endpoint
from agentos.requests import RouteQuery
from agentos.wiring import explanations


@endpoint(body=RouteQuery)
def handler(request: RouteQuery, call: Call) -> Plan:
    return explanations().explain(call.tenant, call.path["agentId"], request)
