"""One upstream call to any provider: fits the prompt, finds the adapter, makes the call, logs failures."""

from functools import cache

from agentos.domain import Completion, Prompt, Target, TextListener
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.kernel.logs import logger
from agentos.providers.fitting.fit import fit
from agentos.providers.limits import limits_of
from agentos.providers.registry import adapter
from agentos.providers.transport import HttpTransport
from agentos.settings.loading import Settings
from agentos.settings.provider import Provider

_NEEDS_ATTENTION = {ErrorClass.AUTH, ErrorClass.QUOTA}
"""Classes that an operator must act on: a key or a bill."""

_adapter = cache(adapter)


class UpstreamClient:
    """Calls targets over `client`."""

    def __init__(self, settings: Settings, client: HttpTransport) -> None:
        self._settings = settings
        self._client = client

    def call(
        self, target: Target, prompt: Prompt, timeouts: Timeouts, listen: TextListener | None = None
    ) -> Completion:
        """The target's answer: whole within `timeouts.first_output`, or passed to `listen` as it arrives.

        Its `notes`, and those of the error, say what of the prompt was changed for the target. Raises UpstreamError.
        """
        provider = self._settings.providers[target.provider]
        fitted = fit(prompt, target.facts, limits_of(provider, target.facts))
        try:
            completion = self._call(provider, target, fitted.prompt, timeouts, listen)
        except UpstreamError as error:
            error.notes = fitted.notes
            if error.error_class is ErrorClass.AUTH:
                self._settings.refresh_keys()
            log = logger.error if error.error_class in _NEEDS_ATTENTION else logger.warning
            log(
                "upstream call failed",
                extra={"model": target.model, "error_class": error.error_class, "reason": error.reason},
            )
            raise
        return fitted.restored(completion)

    def _call(
        self, provider: Provider, target: Target, prompt: Prompt, timeouts: Timeouts, listen: TextListener | None
    ) -> Completion:
        wire_format = _adapter(provider.settings.format)
        if listen is None:
            return wire_format.call(provider, target, prompt, self._client.send, timeouts.first_output)
        return wire_format.stream(provider, target, prompt, self._client.open, timeouts, listen)

    def timeout_of(self, target: Target) -> float:
        """The seconds after which an attempt at the target times out."""
        own = self._settings.providers[target.provider].settings.timeout_seconds
        return own or self._settings.limits.provider_seconds
