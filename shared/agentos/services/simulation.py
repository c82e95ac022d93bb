"""Failures on request, for people who want to see their fallbacks work: `x-agentos-simulate: openai=server`."""

from collections.abc import Mapping

from agentos.kernel.errors import ErrorClass, InvalidRequest
from agentos.routing.call import Simulation
from agentos.settings.loading import Settings

HEADER = "x-agentos-simulate"


class Simulator:
    """Reads the header where configuration allows it (`routing.simulation`), and nowhere else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, headers: Mapping[str, str]) -> Simulation:
        """`provider=error class`, several parted by commas. Raises InvalidRequest."""
        header = headers.get(HEADER)
        if header is None or not self._settings.routing.simulation:
            return {}
        return dict(self._failure(part.strip()) for part in header.split(",") if part.strip())

    def _failure(self, text: str) -> tuple[str, ErrorClass]:
        provider, _, error_class = (part.strip() for part in text.partition("="))
        if provider not in self._settings.provider_names:
            raise InvalidRequest.of(HEADER, f"there is no provider {provider!r}")
        if error_class not in set(ErrorClass):
            raise InvalidRequest.of(HEADER, f"{error_class!r} is none of {', '.join(ErrorClass)}")
        return provider, ErrorClass(error_class)
