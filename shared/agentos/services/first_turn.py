"""What the first turn of a process would load and build: done ahead of it, while Lambda gives a whole processor.

A model's schema is built at its first use (`kernel/values.py`), and an adapter is loaded at the first call of its wire
format.
"""

from agentos import domain
from agentos.domain.prices import Rates
from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.kernel.values import LazyModel
from agentos.providers.limits import format_limits
from agentos.providers.registry import adapter
from agentos.settings.loading import Settings

MODELS: tuple[type[LazyModel], ...] = (
    domain.Agent,
    domain.Attempt,
    domain.AttemptUsage,
    domain.Completion,
    domain.Plan,
    domain.Prompt,
    domain.Reply,
    domain.Route,
    domain.SentMessage,
    domain.Session,
    domain.SessionUsage,
    domain.Skipped,
    domain.Target,
    domain.TokenCount,
    domain.Usage,
    Rates,
    CountedUsage,
    RecordedAttempt,
    UsageRecord,
)
"""Of which a turn makes values."""


def load_ahead(settings: Settings) -> None:
    """Build the schemas, and load the adapters of the providers that can be called."""
    for model in MODELS:
        model.model_rebuild()
    available = (one for one in settings.providers.values() if one.availability[0] == "available")
    for wire_format in {provider.settings.format for provider in available}:
        adapter(wire_format)
        format_limits(wire_format)
