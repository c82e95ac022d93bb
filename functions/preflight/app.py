"""OPTIONS on every path: whether a page may send the request that its browser asks about (CORS)."""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.wiring import access_control


@endpoint(access_control, "open", status=200)
def handler(request: Request) -> Response:
    origin, wanted = request.headers.get("origin"), request.headers.get("access-control-request-headers")
    return Response(None, access_control().origins.preflight_headers(origin, wanted))
