"""Settings made by hand, for tests that need providers of their own."""

from collections.abc import Mapping, Sequence
from typing import Any

from agentos.settings.loading import Settings
from agentos.settings.schema import ConfigFile

LIMITS = {
    "attempts": 6,
    "streamedTurnSeconds": 300,
    "turnSeconds": 28,
    "longTurnSeconds": 840,
    "backgroundTurnSeconds": 3600,
    "leaseSeconds": 12,
    "commitReserveSeconds": 2,
    "fallbackReserveSeconds": 8,
    "providerSeconds": 60,
    "historyTokens": 8000,
    "historyMessages": 60,
    "contentBytes": 1_000_000,
    "replyBytes": 1_000_000,
}


HEALTH = {"failures": 3, "pauseSeconds": 30, "longestPauseSeconds": 3600, "cacheSeconds": 5}


def settings_of(
    providers: Mapping[str, Any],
    models: Mapping[str, Any] | None = None,
    fallbacks: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    **more: Mapping[str, Any],
) -> Settings:
    """Settings as if a configuration file held these. `more` holds keys of `routing`, `health` and `limits`."""
    document = {
        "providers": providers,
        "models": models or {},
        "routing": {"fallbacks": fallbacks, **more.get("routing", {})},
        "health": {**HEALTH, **more.get("health", {})},
        "limits": {**LIMITS, **more.get("limits", {})},
    }
    return Settings(ConfigFile.model_validate(document), environment or {})
