"""One upstream call to any provider: fits the prompt, finds the adapter, makes the call, logs failures."""

from collections.abc import Callable
from functools import cache

from agentos.domain import AnswerListener, Completion, EmbeddingPrompt, Prompt, Target
from agentos.kernel.clock import Timeouts
from agentos.kernel.errors import ErrorClass, UpstreamError
from agentos.kernel.logs import logger
from agentos.providers.adapter import HttpAdapter
from agentos.providers.fitting.fit import fit
from agentos.providers.fitting.vendor_extras import fit_extras
from agentos.providers.limits import limits_of
from agentos.providers.registry import adapter
from agentos.providers.transport import HttpRequest, HttpResponse, HttpTransport
from agentos.settings.loading import Settings
from agentos.settings.provider import Provider

_NEEDS_ATTENTION = {ErrorClass.AUTH, ErrorClass.QUOTA}
"""Classes that an operator must act on: a key or a bill."""

_adapter = cache(adapter)


class UpstreamClient:
    """Calls targets over `client`, and tenants' endpoints over what `public` builds, which reaches public hosts alone.

    Without `public`, a tenant's endpoint is not called.
    """

    def __init__(
        self, settings: Settings, client: HttpTransport, public: Callable[[], HttpTransport] | None = None
    ) -> None:
        self._settings = settings
        self._client = client
        self._public = public

    def call(
        self, target: Target, prompt: Prompt, timeouts: Timeouts, listen: AnswerListener | None = None
    ) -> Completion:
        """The target's answer: whole within `timeouts.first_output`, or passed to `listen` as it arrives.

        Its `notes`, and those of the error, say what of the prompt was changed for the target. Raises UpstreamError.
        """
        provider = self._provider(target)
        prompt, left_out = fit_extras(prompt, provider.settings.format)
        fitted = fit(prompt, target.facts, limits_of(provider, target.facts), left_out)
        try:
            completion = self._call(provider, target, fitted.prompt, timeouts, listen)
        except UpstreamError as error:
            error.notes = fitted.notes
            self._log(target, error)
            raise
        return fitted.restored(completion)

    def embed(
        self, target: Target, prompt: Prompt, timeouts: Timeouts, listen: AnswerListener | None = None
    ) -> Completion:
        """A vector for each message of an EmbeddingPrompt, as `embeddings.py` writes them. Raises UpstreamError."""
        from agentos.providers.embeddings import embed

        provider = self._provider(target)
        wire_format, send = _adapter(provider.settings.format), self._client_for(provider).send
        if not isinstance(prompt, EmbeddingPrompt) or not isinstance(wire_format, HttpAdapter):
            raise UpstreamError(ErrorClass.REJECTED, "no embeddings over this wire format")
        try:
            return embed(wire_format, provider, target, prompt, send, timeouts.first_output)
        except UpstreamError as error:
            self._log(target, error)
            raise

    def _log(self, target: Target, error: UpstreamError) -> None:
        """Log a failed call. A key that was refused is read again soon."""
        if error.error_class is ErrorClass.AUTH:
            self._settings.refresh_keys(target.account and target.account.tenant)
        log = logger.error if error.error_class in _NEEDS_ATTENTION else logger.warning
        log(
            "upstream call failed",
            extra={"model": target.model, "error_class": error.error_class, "reason": error.reason},
        )

    def count(self, target: Target, prompt: Prompt, seconds: float) -> int | None:
        """The tokens of the prompt as the target's provider counts them; None where it does not count without an
        answer. Raises UpstreamError."""
        provider = self._provider(target)
        prompt, _ = fit_extras(prompt, provider.settings.format)
        fitted = fit(prompt, target.facts, limits_of(provider, target.facts)).prompt
        wire_format, client = _adapter(provider.settings.format), self._client_for(provider)
        return wire_format.count(provider, target, fitted, client.send, seconds)

    def _call(
        self, provider: Provider, target: Target, prompt: Prompt, timeouts: Timeouts, listen: AnswerListener | None
    ) -> Completion:
        wire_format = _adapter(provider.settings.format)
        client = self._client_for(provider)
        if listen is None:

            def send(request: HttpRequest, seconds: float) -> HttpResponse:
                return client.send(request._replace(aborted=timeouts.aborted) if timeouts.aborted else request, seconds)

            return wire_format.call(provider, target, prompt, send, timeouts.first_output)
        return wire_format.stream(provider, target, prompt, client.open, timeouts, listen)

    def _provider(self, target: Target) -> Provider:
        """With the key that the plan was made for, and the settings for the model's wire format. Raises UpstreamError
        where a tenant's key has gone meanwhile: the server's is not for what a tenant wanted to pay itself."""
        settings = self._settings if target.account is None else self._settings.of(target.account.tenant)
        provider = settings.providers[target.provider]
        if target.account and provider.account is None:
            raise UpstreamError(ErrorClass.AUTH, "the tenant's own key has gone")
        return provider.in_format(target.facts.format)

    def _client_for(self, provider: Provider) -> HttpTransport:
        """Raises UpstreamError."""
        if not provider.guarded:
            return self._client
        if self._public is None:
            raise UpstreamError(ErrorClass.CONNECT, "no client for tenants' endpoints")
        return self._public()

    def timeout_of(self, target: Target) -> float:
        """The seconds after which an attempt at the target times out."""
        own = self._settings.providers[target.provider].settings.timeout_seconds
        return own or self._settings.limits.provider_seconds
