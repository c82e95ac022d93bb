"""POST /agents/{agentId}/sessions/{sessionId}/what-if"""

from agentos.api.endpoint import Request, Response, endpoint
from agentos.api.route_headers import headers_of
from agentos.domain.requests import WhatIfRequest
from agentos.wiring import access_control, what_if


@endpoint(access_control, "chat", body=WhatIfRequest)
def handler(body: WhatIfRequest, request: Request) -> Response:
    place = request.path["agentId"], request.path["sessionId"]
    answer = what_if().run(request.caller, *place, body, request.deadline, request.idempotency_key())
    return Response(answer, headers_of(answer.what_if))
