"""Mistakes in the environment or the configuration that every request would fail with: told before the host serves."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.exceptions import InvalidLoggerSamplingRateError

from local.environment import Environment

if TYPE_CHECKING:
    from agentos.settings.loading import Settings


class StartError(Exception):
    """The host cannot start. The text says why."""


def check_logging() -> None:
    """Whether a logger can be built, which every function does as it is loaded. Raises StartError."""
    try:
        Logger(service="start")
    except (ValueError, InvalidLoggerSamplingRateError) as error:
        raise StartError(f"POWERTOOLS_LOG_LEVEL or POWERTOOLS_LOGGER_SAMPLE_RATE: {error}") from None


def checked_settings(environment: Environment) -> "Settings":
    """The settings, which suffice for AUTH_MODE. Raises StartError."""
    from agentos.kernel.errors import ConfigError
    from agentos.settings.loading import load_settings

    try:
        settings = load_settings(environment.variables)
        if environment.get("AUTH_MODE") == "jwt":
            settings.access.issuer()
    except ConfigError as error:
        raise StartError(str(error)) from None
    return settings


def check_functions() -> None:
    """Builds the parts of functions in this process that depend on variables alone. Raises StartError."""
    from agentos import wiring
    from agentos.kernel.errors import ConfigError

    try:
        for part in (wiring.callers, wiring.dynamodb, wiring.http_client):
            part()
    except ConfigError as error:
        raise StartError(str(error)) from None
