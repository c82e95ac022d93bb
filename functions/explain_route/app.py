"""POST /agents/{agentId}/route"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain import Plan
from agentos.domain.requests import RouteQuery
from agentos.wiring import access_control, explanations, simulator


@endpoint(access_control, "chat", body=RouteQuery)
def handler(body: RouteQuery, request: Request) -> Plan:
    simulated = simulator().asked([body])
    return explanations().explain(request.caller, request.path["agentId"], body, request.deadline, simulated)
