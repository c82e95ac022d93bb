"""What a load needs once it is steady: environments, and units of each part of the table."""

import math
from dataclasses import dataclass

from agentos.routing.latency import SHARE_SECONDS
from agentos.settings.secrets import MAX_AGE_SECONDS, SPREAD_SECONDS
from bench.scaling.inputs import Limits, Load

DEVIATIONS = 3.72
"""Of a normal distribution, above which one moment in 10,000 is."""

CACHE_SECONDS = 5
"""`health.cacheSeconds`; a test compares it with the configuration."""

WEAK_READ = 0.5
"""Units of a read of up to 4 KB that need not be consistent."""


@dataclass(frozen=True)
class Demand:
    """Per second, but `busy` and `environments`, which are numbers of environments."""

    busy: float
    environments: int
    writes: float
    reads: float
    agent_reads: float
    circuit_reads: float
    latency_writes: float
    parameter_reads: float


def demand_of(load: Load) -> Demand:
    """What the load needs where no limit is in its way.

    The number of turns that run at once has a Poisson distribution whose mean is rate times duration, however the
    durations are distributed, as arrivals are independent and none waits (the M/G/infinity queue).
    """
    busy = load.rate * load.seconds
    return Demand(
        busy=busy,
        environments=math.ceil(busy + DEVIATIONS * math.sqrt(busy)),
        writes=load.rate * load.writes,
        reads=load.rate * load.reads,
        agent_reads=load.rate,
        circuit_reads=busy * load.targets * WEAK_READ / max(CACHE_SECONDS, load.seconds),
        latency_writes=busy / max(SHARE_SECONDS, load.seconds),
        parameter_reads=busy / (MAX_AGE_SECONDS - SPREAD_SECONDS / 2),
    )


def utilisation(demand: Demand, limits: Limits) -> dict[str, float]:
    """The share of each limit that the load takes; above 1 it does not fit. All agents are one tenant's."""
    return {
        "a new table's writes": demand.writes / limits.table_writes,
        "a new table's reads": demand.reads / limits.table_reads,
        "the table's write quota": demand.writes / limits.table_quota,
        "one tenant's agents": demand.agent_reads / limits.partition_reads,
        "circuits": demand.circuit_reads / limits.partition_reads,
        "one model's latency": demand.latency_writes / limits.partition_writes,
        "SSM": demand.parameter_reads / limits.parameter_reads,
        "SSM, higher throughput": demand.parameter_reads / limits.parameter_reads_raised,
    }
