"""One upstream call, whatever the provider: finds the adapter, makes the call, logs what failed."""

from functools import cache

from agentos.domain import Completion, Prompt, Target, TextListener
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.kernel.logs import logger
from agentos.providers.registry import adapter
from agentos.providers.transport import HttpTransport
from agentos.settings.loading import Settings

_LOUD = {ErrorClass.AUTH, ErrorClass.QUOTA}
"""Somebody has to do something about these: a key or a bill."""

_adapter = cache(adapter)


class UpstreamClient:
    """Calls targets over `client`."""

    def __init__(self, settings: Settings, client: HttpTransport) -> None:
        self._settings = settings
        self._client = client

    def call(
        self, target: Target, prompt: Prompt, timeouts: Timeouts, listen: TextListener | None = None
    ) -> Completion:
        """The target's answer, whole within `timeouts.first_output`, or passed to `listen` as it arrives.

        Raises UpstreamError.
        """
        provider = self._settings.providers[target.provider]
        wire_format = _adapter(provider.settings.format)
        try:
            if listen is None:
                return wire_format.call(provider, target, prompt, self._client.send, timeouts.first_output)
            return wire_format.stream(provider, target, prompt, self._client.open, timeouts, listen)
        except UpstreamError as error:
            log = logger.error if error.error_class in _LOUD else logger.warning
            log(
                "upstream call failed",
                extra={"model": target.model, "error_class": error.error_class, "reason": error.reason},
            )
            raise

    def timeout_of(self, target: Target) -> float:
        """Seconds after which the target has had its chance."""
        own = self._settings.providers[target.provider].settings.timeout_seconds
        return own or self._settings.limits.provider_seconds
