"""Turns that run from the queue: how long the oldest has waited, by the bound on the workers."""

import heapq
import random

from bench.scaling.inputs import Load

FIRST_WORKERS = 5
MORE_WORKERS = 5
"""At once, and then for each second: 300 a minute. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

PROMISED_SECONDS = 1_800
"""`limits.backgroundTurnSeconds`, after which a turn has failed; a test compares it with the configuration."""


def waits(load: Load, concurrency: int, length: float = 600, seed: int = 13) -> list[float]:
    """How long each turn that was accepted within `length` seconds waits for a worker, first come, first served."""
    draw = random.Random(seed)
    free = [max(0.0, (number - FIRST_WORKERS + 1) / MORE_WORKERS) for number in range(concurrency)]
    heapq.heapify(free)
    found: list[float] = []
    now = draw.expovariate(load.rate)
    while now < length:
        begins = max(now, free[0])
        heapq.heapreplace(free, begins + load.own_seconds + draw.lognormvariate(load.log_mean, load.spread))
        found.append(begins - now)
        now += draw.expovariate(load.rate)
    return found
