"""DELETE /keys/{keyId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import api_keys, callers


@endpoint(callers, "admin", status=204)
def handler(request: Request) -> None:
    api_keys().revoke(request.path["keyId"])
