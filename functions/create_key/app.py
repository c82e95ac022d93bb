"""POST /keys"""

from agentos.api.endpoint import Request, endpoint
from agentos.domain.api_keys import IssuedKey, NewApiKey
from agentos.wiring import access_control, api_keys


@endpoint(access_control, "admin", body=NewApiKey, status=201)
def handler(body: NewApiKey, request: Request) -> IssuedKey:
    request.refuse_idempotency_key("a key is shown once, so that it cannot be sent again")
    return api_keys().create(body)
