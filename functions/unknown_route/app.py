"""Everything below /v1 that is no route: API Gateway's own answer would not have the vendor's envelope."""

from agentos.api.anthropic_errors import by_version
from agentos.api.endpoint import Request, endpoint
from agentos.kernel.errors import NotFound
from agentos.wiring import access_control


@endpoint(access_control, "open", convention=by_version)
def handler(request: Request) -> None:
    raise NotFound(f"There is no route for {request.route.partition(' ')[0]} here.")
