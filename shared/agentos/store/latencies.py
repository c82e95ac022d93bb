"""How fast targets answer, as environments tell each other."""

from agentos.kernel.clock import Clock
from agentos.store import keys
from agentos.store.dynamodb import Table
from agentos.store.items import number

LIFETIME_SECONDS = 3600
"""A latency that nobody has renewed for so long says nothing any more."""


class LatencyStore:
    """One item per target; the last writer's average stands."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def all(self) -> dict[str, float]:
        """Milliseconds by model."""
        now = self._clock.time()
        found = self._table.query(
            "pk = :pk AND begins_with(sk, :latency)",
            {":pk": {"S": keys.HEALTH}, ":latency": {"S": keys.latency_sort("")}},
            forward=True,
            page=100,
        )
        prefix = keys.latency_sort("")
        return {
            item["sk"]["S"].removeprefix(prefix): float(item["latencyMs"]["N"])
            for item in found
            if int(item["expiresAt"]["N"]) > now
        }

    def share(self, model: str, milliseconds: float) -> None:
        """Tell the others."""
        self._table.write(
            {
                **keys.latency(model),
                "latencyMs": number(round(milliseconds)),
                "expiresAt": number(int(self._clock.time()) + LIFETIME_SECONDS),
            }
        )
