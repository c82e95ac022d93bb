"""OpenAI's list of models.

https://platform.openai.com/docs/api-reference/models
"""

from typing import Any

from agentos.kernel.values import Value
from agentos.settings.loading import Settings

Json = dict[str, Any]


class Models(Value):
    """`GET /v1/models`"""

    names: tuple[str, ...]

    def to_json(self) -> Json:
        entries = [
            {"id": name, "object": "model", "created": 0, "owned_by": name.partition(":")[0]} for name in self.names
        ]
        return {"object": "list", "data": entries}


def models(settings: Settings) -> Models:
    """The configured models of every provider that is available."""
    available = {name for name, provider in settings.providers.items() if provider.availability[0] == "available"}
    return Models(names=tuple(name for name in settings.models if name.partition(":")[0] in available))
