"""PUT /budgets/tenant/{tenant}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.budgets import BudgetState, NewBudget
from agentos.wiring import budgets, callers


@endpoint(callers, "admin", body=NewBudget)
def handler(body: NewBudget, request: Request) -> BudgetState:
    scope = budgets().of_tenant(request.path["tenant"])
    return budgets().put(scope, body, request.deadline)
