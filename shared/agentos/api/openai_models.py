"""OpenAI's list of models.

https://platform.openai.com/docs/api-reference/models
"""

from typing import Any
from urllib.parse import unquote

from agentos.kernel.errors import MAX_FIELD, NotFound
from agentos.kernel.values import Value
from agentos.settings.loading import Settings

Json = dict[str, Any]


class Model(Value):
    """`GET /v1/models/{model}`"""

    name: str

    def to_json(self) -> Json:
        return {"id": self.name, "object": "model", "created": 0, "owned_by": self.name.partition(":")[0]}


class Models(Value):
    """`GET /v1/models`"""

    models: tuple[Model, ...]

    def to_json(self) -> Json:
        return {"object": "list", "data": [model.to_json() for model in self.models]}


def models(settings: Settings) -> Models:
    """The configured models of every provider that is available."""
    available = {name for name, provider in settings.providers.items() if provider.availability[0] == "available"}
    names = (name for name in settings.models if name.partition(":")[0] in available)
    return Models(models=tuple(Model(name=name) for name in names))


def model(settings: Settings, name: str) -> Model:
    """The one of that name. Some clients encode the `:` and `/` in it, others do not. Raises NotFound."""
    for listed in models(settings).models:
        if listed.name in (name, unquote(name)):
            return listed
    raise NotFound("There is no such model, or its provider is not available.", {"model": name[:MAX_FIELD]})
