"""Failures on request, for people who want to see their fallbacks work: no call is made, and no health suffers.

The field `simulateFailures` of a message asks for them, or the header `x-agentos-simulate: openai=server`, which also
works at the doors. A program may pass on headers that it got from others, so the header has a setting of its own.
"""

from collections.abc import Iterable, Mapping

from agentos.domain import Plan
from agentos.domain.requests import NewMessage, ToolResult
from agentos.kernel.errors import ErrorClass, InvalidRequest
from agentos.routing.call import Simulation
from agentos.settings.loading import Settings

HEADER = "x-agentos-simulate"
FIELD = "simulateFailures"


class Simulator:
    """Reads which failures a request asks for. Raises InvalidRequest for a provider or class that does not exist."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, headers: Mapping[str, str], messages: Iterable[NewMessage | ToolResult]) -> Simulation:
        """What the header asks for, and what the messages of the turn ask for, which wins."""
        return {**self.read(headers), **self.asked(messages)}

    def read(self, headers: Mapping[str, str]) -> Simulation:
        """`provider=error class`, several parted by commas; nothing where `routing.simulation` is off."""
        header = headers.get(HEADER)
        if header is None or not self._settings.routing.simulation:
            return {}
        return dict(self._failure(part.strip()) for part in header.split(",") if part.strip())

    def asked(self, messages: Iterable[NewMessage | ToolResult]) -> Simulation:
        """What the messages of one turn ask for. Raises InvalidRequest where `routing.simulateFailures` is off."""
        failures = {name: kind for message in messages for name, kind in message.simulate_failures.items()}
        if failures and not self._settings.routing.simulate_failures:
            raise InvalidRequest.of(FIELD, "is switched off here (routing.simulateFailures)")
        for provider in failures:
            self._check_provider(f"{FIELD}.{provider}", provider)
        return failures

    def _failure(self, text: str) -> tuple[str, ErrorClass]:
        provider, _, error_class = (part.strip() for part in text.partition("="))
        self._check_provider(HEADER, provider)
        if error_class not in set(ErrorClass):
            raise InvalidRequest.of(HEADER, f"{error_class!r} is none of {', '.join(ErrorClass)}")
        return provider, ErrorClass(error_class)

    def _check_provider(self, field: str, provider: str) -> None:
        if provider not in self._settings.provider_names:
            raise InvalidRequest.of(field, f"there is no provider {provider!r:.100}")


def with_failures(plan: Plan, simulated: Simulation) -> Plan:
    """The plan, whose targets say which of them are to fail."""
    targets = (one.model_copy(update={"simulated_failure": simulated.get(one.provider)}) for one in plan.targets)
    return plan.model_copy(update={"targets": tuple(targets)}) if simulated else plan
