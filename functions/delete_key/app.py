"""DELETE /keys/{keyId}"""

from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, api_keys


@endpoint(access_control, "admin", status=204)
def handler(request: Request) -> None:
    api_keys().revoke(request.path["keyId"])
