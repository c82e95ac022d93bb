"""GET /v1/models"""

from agentos.endpoint import Call, endpoint
from agentos.openai_api import Models, envelope, models
from agentos.wiring import settings


@endpoint(envelope=envelope)
def handler(call: Call) -> Models:
    return models(settings())
