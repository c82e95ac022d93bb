"""The inputs of the model: a load, and the limits of an account that has asked for no change."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """Per second unless it says otherwise; the defaults are AWS's for one account and region."""

    gateway_rate: float = 10_000
    """Requests. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""
    gateway_burst: float = 5_000
    """Requests that the full bucket holds. AWS sets it and takes no request for more."""
    concurrency: float = 1_000
    """Environments of all functions at once. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    environments_at_once: float = 1_000
    new_environments: float = 100
    """1,000 for each function and 10 seconds, refilled continuously and never more than 1,000.
    https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html"""
    table_writes: float = 4_000
    """Write units of a new on-demand table; its WarmThroughput grows with use or on request.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html"""
    table_reads: float = 12_000
    table_quota: float = 40_000
    """Write units of any on-demand table, until the quota is raised.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""
    partition_writes: float = 1_000
    partition_reads: float = 3_000
    """Units of one partition, and so of one item. The page of `table_writes` has both."""
    parameter_reads: float = 40
    """GetParametersByPath. https://docs.aws.amazon.com/general/latest/gr/ssm.html"""
    parameter_reads_raised: float = 100
    """With the account's setting for higher throughput."""

    def raised(self, rate: float, concurrency: float) -> "Limits":
        """What an account has that asked for as much as a load needs. The burst and the scaling rate stay."""
        return replace(
            self,
            gateway_rate=max(self.gateway_rate, rate),
            concurrency=max(self.concurrency, concurrency),
        )


@dataclass(frozen=True)
class Load:
    """Messages and what each of them takes. The provider's times are distributed log-normally."""

    rate: float
    """Messages a second."""
    provider_seconds: float = 3
    """The mean."""
    spread: float = 0.8
    """The standard deviation of the time's logarithm, assumed: one answer in twenty takes 2.7 times the mean."""
    own_seconds: float = 0.048
    """docs/cost.md says how it is measured."""
    init_seconds: int = 2
    writes: int = 13
    reads: int = 3
    """Units of a turn, docs/turn-cost.md, and two writes more when its usage is counted."""
    targets: int = 2
    """Models whose circuits a plan reads: a model and its fallback."""

    @property
    def seconds(self) -> float:
        """How long a turn keeps its environment, on average."""
        return self.provider_seconds + self.own_seconds

    def longer_than(self, seconds: float) -> float:
        """The share of turns that take longer."""
        left = seconds - self.own_seconds
        if left <= 0:
            return 1.0
        return 0.5 * math.erfc((math.log(left) - self.log_mean) / (self.spread * math.sqrt(2)))

    @property
    def log_mean(self) -> float:
        """The mean of the logarithm of the provider's time."""
        return math.log(self.provider_seconds) - self.spread**2 / 2
