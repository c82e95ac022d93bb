"""One upstream call, whatever the provider: finds the adapter, makes the call, logs what failed."""

from functools import cache

from agentos.clock import Patience
from agentos.config import Settings
from agentos.domain import Completion, Listen, Prompt, Target
from agentos.errors import ErrorClass, UpstreamError
from agentos.observe import logger
from agentos.providers import adapter
from agentos.providers.exchange import Client

_LOUD = {ErrorClass.AUTH, ErrorClass.QUOTA}
"""Somebody has to do something about these: a key or a bill."""

_adapter = cache(adapter)


class Asker:
    """Calls targets over `client`."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._settings = settings
        self._client = client

    def ask(self, target: Target, prompt: Prompt, patience: Patience, listen: Listen | None = None) -> Completion:
        """The target's answer: whole by `patience.begun`, or told to `listen` as it comes. Raises UpstreamError."""
        provider = self._settings.providers[target.provider]
        wire_format = _adapter(provider.settings.format)
        try:
            if listen is None:
                return wire_format.call(provider, target, prompt, self._client.send, patience.begun)
            return wire_format.stream(provider, target, prompt, self._client.open, patience, listen)
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
