"""PUT /budgets/key/{keyId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.budgets import BudgetState, NewBudget
from agentos.wiring import access_control, budgets


@endpoint(access_control, "admin", body=NewBudget)
def handler(body: NewBudget, request: Request) -> BudgetState:
    scope = budgets().of_key(request.path["keyId"])
    return budgets().put(scope, body, request.deadline)
