"""GET /openapi.json"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.openapi import document
from agentos.wiring import access_control


@endpoint(access_control, "open")
def handler(request: Request) -> Response:
    return document(request.headers.get("if-none-match"))
