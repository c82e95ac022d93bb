"""Bodies of the doors: their unknown fields are noted, not refused."""

from pydantic import ConfigDict

from agentos.kernel.values import LazyModel


class Lenient(LazyModel):
    """A part of a request whose unknown fields are noted, not refused."""

    model_config = ConfigDict(frozen=True, extra="allow")
