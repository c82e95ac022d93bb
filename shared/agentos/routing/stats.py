"""How targets are doing, for a plan: with a tenant's own key, what is known of that key."""

from agentos.routing.health import Health
from agentos.routing.latency import Latencies
from agentos.routing.plan import TargetStats
from agentos.settings.loading import Settings


class Stats:
    """Health and latencies of targets."""

    def __init__(self, health: Health, latencies: Latencies) -> None:
        self._health = health
        self._latencies = latencies

    def of(self, settings: Settings) -> TargetStats:
        """Those for the settings of a tenant, or of the server."""
        return TargetStats(
            cooling=lambda model: self._health.cooling(model, settings),
            latency=lambda model, streamed: self._latencies.of(settings.target(model, "").average, streamed),
        )
