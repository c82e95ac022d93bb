"""GET /v1/models/{model+}"""

from agentos.api import anthropic_models, openai_models
from agentos.api.anthropic_errors import by_version, speaks_anthropic
from agentos.api.endpoint import Request, endpoint
from agentos.wiring import access_control, settings


@endpoint(access_control, "any", convention=by_version)
def handler(request: Request) -> openai_models.Model | anthropic_models.AnthropicModel:
    form = anthropic_models.model if speaks_anthropic(request.headers) else openai_models.model
    return form(settings(), request.caller, request.path["model"])
