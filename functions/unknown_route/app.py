"""Everything below /v1 that is no route: API Gateway's own answer would not have OpenAI's envelope."""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.kernel.errors import NotFound
from agentos.wiring import access_control


@endpoint(access_control, "open", envelope=error_envelope)
def handler(request: Request) -> None:
    raise NotFound(f"There is no route for {request.route.partition(' ')[0]} here.")
