"""Starting the composition root afresh, as a new Lambda environment would."""

from agentos import wiring


def rewire() -> None:
    """Forget everything that was built, so that the environment is read again."""
    if wiring.http_client.cache_info().currsize:
        wiring.http_client().close()
    for built in vars(wiring).values():
        if hasattr(built, "cache_clear"):
            built.cache_clear()
