"""Anthropic's list of models.

https://platform.claude.com/docs/en/api/models-list
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from agentos.api.openai_models import listed_name
from agentos.domain.callers import Caller
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.values import Value
from agentos.services.model_names import listed
from agentos.settings.loading import Settings

Json = dict[str, Any]

BARE = "claude"
"""Models whose names begin so are listed by these as well, since Anthropic's clients look for them."""

MOST = 1000
DEFAULT = 20


class AnthropicModel(Value):
    """`GET /v1/models/{model}` in Anthropic's form. When a model came out is not known here."""

    name: str
    model: str
    max_input_tokens: int | None
    max_tokens: int | None

    def to_json(self) -> Json:
        return {
            "type": "model",
            "id": self.name,
            "display_name": self.model,
            "created_at": "1970-01-01T00:00:00Z",
            "lifecycle": "active",
            "max_input_tokens": self.max_input_tokens,
            "max_tokens": self.max_tokens,
        }


class AnthropicModels(Value):
    """`GET /v1/models` in Anthropic's form: one page."""

    models: tuple[AnthropicModel, ...]
    has_more: bool

    def to_json(self) -> Json:
        data = [model.to_json() for model in self.models]
        first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        return {"data": data, "has_more": self.has_more, "first_id": first, "last_id": last}


def models(settings: Settings, caller: Caller, query: Mapping[str, str]) -> AnthropicModels:
    """A page of the models that the caller may use. Raises InvalidRequest."""
    own = settings.of(caller.tenant)
    names = _names(listed(own, caller))
    page, more = _page(list(names), query)
    return AnthropicModels(models=tuple(_model(own, name, names[name]) for name in page), has_more=more)


def model(settings: Settings, caller: Caller, name: str) -> AnthropicModel:
    """The one of that name, under the name that the client uses. Raises InvalidRequest, NotFound."""
    own = settings.of(caller.tenant)
    asked, found = unquote(name), listed_name(settings, caller, name)
    return _model(own, asked if asked in _names(listed(own, caller)) else found, found)


def _names(models: Sequence[str]) -> dict[str, str]:
    """The models by all names under which they are listed."""
    counts = Counter(name.partition(":")[2] for name in models)
    bare = {short: name for name in models if counts[short := name.partition(":")[2]] == 1 and short.startswith(BARE)}
    return bare | {name: name for name in models}


def _model(settings: Settings, name: str, model: str) -> AnthropicModel:
    facts = settings.target(model, "").facts
    return AnthropicModel(
        name=name, model=model, max_input_tokens=facts.context_window, max_tokens=facts.max_output_tokens
    )


def _page(names: list[str], query: Mapping[str, str]) -> tuple[list[str], bool]:
    """The names of a page, and whether there are more in its direction. Raises InvalidRequest."""
    text = query.get("limit", str(DEFAULT))
    limit = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0
    if not 1 <= limit <= MOST:
        raise InvalidRequest.of("limit", f"must be a whole number from 1 to {MOST}")
    if "before_id" in query:
        before = names[: _place(names, "before_id", query)]
        return before[-limit:], len(before) > limit
    after = names[_place(names, "after_id", query) + 1 :] if "after_id" in query else names
    return after[:limit], len(after) > limit


def _place(names: list[str], parameter: str, query: Mapping[str, str]) -> int:
    try:
        return names.index(query[parameter])
    except ValueError as error:
        raise InvalidRequest.of(parameter, "must be the id of a model on the list") from error
