"""DELETE /budgets/key/{keyId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, budgets


@endpoint(access_control, "admin", status=204)
def handler(request: Request) -> None:
    scope = budgets().of_key(request.path["keyId"])
    budgets().delete(scope, request.deadline)
