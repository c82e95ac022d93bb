"""Which model a client means: the names that the doors take, in one place.

provider:model    as everywhere
provider/model    where `provider` is configured
model             where exactly one provider has it: an available one, if there is any. A name with the date of a
                  snapshot (`claude-haiku-4-5-20251001`) belongs to the provider of the name without it
"""

import re
from collections.abc import Callable, Iterable

from agentos.domain.callers import Caller
from agentos.domain.names import model_name
from agentos.kernel.errors import MAX_FIELD, InvalidRequest, NotFound
from agentos.settings.loading import Settings

_BARE = re.compile(r"[^\s\x00-\x1f,]{1,200}")
_SNAPSHOT = re.compile(r"(.+)-(\d{8}|\d{4}-\d{2}-\d{2})")

MOST_LISTED = 10
"""Candidates in one error."""


def listed(settings: Settings, caller: Caller) -> tuple[str, ...]:
    """The configured models of every provider that is available, as far as the caller may use them.

    `settings` are the caller's tenant's.
    """
    available = {name for name, provider in settings.providers.items() if provider.availability[0] == "available"}
    return tuple(name for name in settings.models if _provider(name) in available and caller.may_use(name))


def resolved(name: str, settings: Settings, caller: Caller) -> str:
    """`provider:model` for the name. `settings` are the server's.

    Raises InvalidRequest for what is no name and for one that several providers have, NotFound, and what
    `Settings.of` raises.
    """
    for mark in ":/":
        provider, found, model = name.partition(mark)
        if found and provider in settings.provider_names:
            return _checked(f"{provider}:{model}")
    if not _BARE.fullmatch(name):
        raise InvalidRequest.of("model", 'must be "provider:model", or the name of a model, such as "gpt-4o-mini"')
    candidates = _candidates(name, settings.of(caller.tenant), caller)
    if len(candidates) > 1:
        several = ", ".join(candidates[:MOST_LISTED])
        raise InvalidRequest.of("model", f"{name!r:.80} is a model of several providers; write one of {several}")
    if not candidates:
        raise NotFound(
            f"There is no model {name!r:.80}. A model that is not listed must be written provider:model.",
            {"model": name[:MAX_FIELD]},
        )
    return candidates[0]


def _checked(name: str) -> str:
    try:
        return model_name(name)
    except ValueError as error:
        raise InvalidRequest.of("model", str(error)) from error


def _candidates(name: str, settings: Settings, caller: Caller) -> list[str]:
    """The models of that name: those that are available, or else all that are configured."""
    if found := _named(name, lambda: listed(settings, caller)) or _named(name, lambda: settings.models):
        return found
    if snapshot := _SNAPSHOT.fullmatch(name):
        of_model = _candidates(snapshot[1], settings, caller) if not _SNAPSHOT.fullmatch(snapshot[1]) else []
        return [f"{_provider(one)}:{name}" for one in of_model]
    return []


def _named(name: str, models: Callable[[], Iterable[str]]) -> list[str]:
    return [one for one in models() if one.partition(":")[2] == name]


def _provider(name: str) -> str:
    return name.partition(":")[0]
