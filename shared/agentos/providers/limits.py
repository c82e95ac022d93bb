"""What of a request a target takes: its format's limits, under its provider's, under its model's."""

from functools import cache
from importlib import import_module

from agentos.domain import ModelFacts, RequestLimits
from agentos.domain.request_limits import no_limits
from agentos.settings.provider import Provider

WITHOUT_LIMITS = frozenset({"echo"})
"""Formats that take everything."""


def limits_of(provider: Provider, facts: ModelFacts) -> RequestLimits:
    """The limits of a model at a provider."""
    provider = provider.in_format(facts.format)
    return format_limits(provider.settings.format).under(provider.settings.limits).under(facts.limits)


@cache
def format_limits(wire_format: str) -> RequestLimits:
    """The limits of a wire format itself: `LIMITS` in its sub-package's `limits.py`."""
    if wire_format in WITHOUT_LIMITS:
        return no_limits()
    limits: RequestLimits = import_module(f"agentos.providers.{wire_format.replace('-', '_')}.limits").LIMITS
    return limits
