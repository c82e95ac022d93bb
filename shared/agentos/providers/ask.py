"""One upstream call, whatever the provider: finds the adapter, makes the call, logs what failed."""

from functools import cache

from agentos.config import Settings
from agentos.domain import Completion, Prompt, Target
from agentos.errors import ErrorClass, UpstreamError
from agentos.observe import logger
from agentos.providers import adapter
from agentos.providers.exchange import Send

_LOUD = {ErrorClass.AUTH, ErrorClass.QUOTA}
"""Somebody has to do something about these: a key or a bill."""

_adapter = cache(adapter)


class Asker:
    """Calls targets over `send`."""

    def __init__(self, settings: Settings, send: Send) -> None:
        self._settings = settings
        self._send = send

    def ask(self, target: Target, prompt: Prompt, seconds: float) -> Completion:
        """The target's answer within `seconds`. Raises UpstreamError."""
        provider = self._settings.providers[target.provider]
        try:
            return _adapter(provider.settings.format).call(provider, target, prompt, self._send, seconds)
        except UpstreamError as error:
            log = logger.error if error.error_class in _LOUD else logger.warning
            log(
                "upstream call failed",
                extra={"model": target.model, "error_class": error.error_class, "reason": error.reason},
            )
            raise

    def longest(self, target: Target) -> float:
        """Seconds after which the target has had its chance."""
        own = self._settings.providers[target.provider].settings.timeout_seconds
        return own or self._settings.limits.provider_seconds
