"""How Hypothesis runs here: without a clock, so that a slow machine fails nothing."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "clockless",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("clockless")
