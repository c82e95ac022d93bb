"""GET /v1/models/{model+}"""

from agentos.api.endpoint import Request, endpoint
from agentos.api.openai_errors import error_envelope
from agentos.api.openai_models import Model, model
from agentos.wiring import access_control, settings


@endpoint(access_control, "any", envelope=error_envelope)
def handler(request: Request) -> Model:
    return model(settings(), request.caller, request.path["model"])
