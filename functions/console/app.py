"""GET /console, and GET /console/{file+}: the web console, which holds no data and needs no key."""

from agentos.api.console import Console
from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.response import TextResponse
from agentos.wiring import access_control

CONSOLE = Console(__file__)


@endpoint(access_control, "open")
def handler(request: Request) -> Response | TextResponse:
    return CONSOLE.answer(request)
