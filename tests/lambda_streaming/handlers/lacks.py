"""Cannot be imported, because it needs a missing module."""

import nowhere_to_be_found  # type: ignore[import-not-found]  # noqa: F401
