"""OpenAI's list of models.

https://platform.openai.com/docs/api-reference/models
"""

from typing import Any
from urllib.parse import unquote

from agentos.domain.callers import Caller
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


def models(settings: Settings, caller: Caller) -> Models:
    """The configured models of every provider that is available, as far as the caller may use them."""
    settings = settings.of(caller.tenant)
    available = {name for name, provider in settings.providers.items() if provider.availability[0] == "available"}
    names = (name for name in settings.models if name.partition(":")[0] in available and caller.may_use(name))
    return Models(models=tuple(Model(name=name) for name in names))


def model(settings: Settings, caller: Caller, name: str) -> Model:
    """The one of that name. Some clients encode the `:` and `/` in it, others do not. Raises NotFound."""
    for listed in models(settings, caller).models:
        if listed.name in (name, unquote(name)):
            return listed
    raise NotFound(
        "There is no such model, its provider is not available, or the key does not allow it.",
        {"model": name[:MAX_FIELD]},
    )
