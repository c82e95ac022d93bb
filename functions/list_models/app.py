"""GET /v1/models"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_models import Models, models
from agentos.wiring import access_control, settings


@endpoint(access_control, "any", envelope=error_envelope)
def handler(request: Request) -> Models:
    return models(settings(), request.caller)
