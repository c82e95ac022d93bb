"""Properties run without a clock."""

import tests.support.properties  # noqa: F401
