"""How Hypothesis runs here: without a clock, and in `make test` with the same examples each time.

The health check `too_slow` is off because it measures the machine. The environment variable DEPTH=20 makes
every test try twenty times as many examples, random ones.
"""

import os

from hypothesis import HealthCheck, settings

DEPTH = int(os.environ.get("DEPTH", "1"))


def examples(number: int) -> settings:
    """For a test that tries so many examples, or DEPTH times as many."""
    return settings(max_examples=number * DEPTH)


settings.register_profile(
    "clockless",
    deadline=None,
    derandomize=DEPTH == 1,
    max_examples=60 * DEPTH,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("clockless")
