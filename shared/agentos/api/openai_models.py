"""OpenAI's list of models.

https://platform.openai.com/docs/api-reference/models
"""

from typing import Any
from urllib.parse import unquote

from agentos.domain.callers import Caller
from agentos.kernel.errors import MAX_FIELD, NotFound
from agentos.kernel.values import Value
from agentos.services.model_names import listed, resolved
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
    return Models(models=tuple(Model(name=name) for name in listed(settings.of(caller.tenant), caller)))


def model(settings: Settings, caller: Caller, name: str) -> Model:
    """The one of that name. Raises InvalidRequest, NotFound."""
    return Model(name=listed_name(settings, caller, name))


def listed_name(settings: Settings, caller: Caller, name: str) -> str:
    """The listed model that a path names. Some clients encode the `:` and `/` in it, others do not.

    Raises InvalidRequest, NotFound.
    """
    found = resolved(unquote(name), settings, caller)
    if found in listed(settings.of(caller.tenant), caller):
        return found
    raise NotFound(
        "There is no such model, its provider is not available, or the key does not allow it.",
        {"model": name[:MAX_FIELD]},
    )
