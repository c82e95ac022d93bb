"""GET /budgets/tenant/{tenant}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.budgets import BudgetState
from agentos.wiring import access_control, budgets


@endpoint(access_control, "usage")
def handler(request: Request) -> BudgetState:
    scope = budgets().of_tenant(request.path["tenant"])
    return budgets().get(scope, request.caller, request.deadline)
