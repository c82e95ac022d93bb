"""How Hypothesis runs here: without a clock, and in `make test` with the same examples each time.

The health check `too_slow` is off because it measures the machine. `make test-deep` sets DEPTH: every test then tries
so many times as many examples, and random ones. `make test-quick` sets QUICK: every test then tries a fifth of them.
"""

import os

from hypothesis import HealthCheck, settings

DEPTH = int(os.environ.get("DEPTH", "1"))
QUICK_SHARE = 5 if os.environ.get("QUICK") else 1


def examples(number: int) -> settings:
    """For a test that tries so many examples, or DEPTH times as many, or a fifth under QUICK."""
    return settings(max_examples=max(1, number * DEPTH // QUICK_SHARE))


settings.register_profile(
    "clockless",
    deadline=None,
    derandomize=DEPTH == 1,
    max_examples=60 * DEPTH // QUICK_SHARE,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("clockless")
