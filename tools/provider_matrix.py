"""Writes docs/provider-matrix.md from the configuration: `python tools/provider_matrix.py`."""

import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "shared"))

from agentos.kernel.clock import Clock  # noqa: E402
from agentos.services.provider_catalog import ModelEntry, ProviderCatalog, ProviderEntry  # noqa: E402
from agentos.settings.loading import Settings, load_settings  # noqa: E402

PAGE = ROOT / "docs" / "provider-matrix.md"

HEAD = """\
# Provider matrix

`make docs` makes this page from `config/default.yaml`, and a test keeps the two equal. `GET /providers` has the same
facts as data.

A provider can be used once its environment variables are set. A model that is not listed is passed to its provider as
written, and its price is then unknown. In the first table, **yes** is what this version of AgentOS can do over the
provider's wire format. The second table has the wire format in which each model is asked, and what it can do.
[Providers](providers.md) describes how providers differ and what is translated.

"""


class _CheckedAt(Clock):
    """The day on which the prices were checked, so that the page depends on the configuration alone."""

    def __init__(self, settings: Settings) -> None:
        self._day = settings.prices_checked_at or date.min

    def time(self) -> float:
        return datetime.combine(self._day, time(), UTC).timestamp()


def page() -> str:
    """The whole document."""
    settings = load_settings({})
    matrix = ProviderCatalog(settings, lambda _: (), _CheckedAt(settings)).matrix().data
    return HEAD + _providers(matrix) + "\n## Models\n\n" + _models(matrix)


def _providers(matrix: tuple[ProviderEntry, ...]) -> str:
    head = "| provider | wire format | chat | streaming | tools | images | structured output | environment |\n"
    rows = [
        f"| [`{entry.provider}`](providers.md#{entry.provider}) | {entry.format} "
        f"| {_yes(entry.chat)} | {_yes(entry.streaming)} | {_yes(entry.tools)} "
        f"| {_yes(entry.images)} | {_yes(entry.structured_output)} "
        f"| {', '.join(f'`{name}`' for name in entry.environment) or '—'} |\n"
        for entry in matrix
    ]
    return head + "|---|---|---|---|---|---|---|---|\n" + "".join(rows)


def _models(matrix: tuple[ProviderEntry, ...]) -> str:
    head = (
        "Sizes in tokens, prices in USD per million tokens (input / cached input / written to the cache / output) \n"
        "on the day on which they were checked; — is unknown, or does not apply.\n\n"
        "| model | asked for upstream | wire format | context | output | can | price |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_model(model) for entry in matrix for model in entry.models)


def _model(model: ModelEntry) -> str:
    can = "—" if model.capabilities is None else ", ".join(model.capabilities) or "chat only"
    return (
        f"| `{model.model}` | `{model.upstream_model}` | {model.format} | {_number(model.context_window)} "
        f"| {_number(model.max_output_tokens)} | {can} | {_price(model)} |\n"
    )


def _price(model: ModelEntry) -> str:
    if model.price is None:
        return "—"
    rates = [model.price.get(name) for name in ("input", "cachedInput", "cacheWrite", "output")]
    shown = " / ".join("—" if rate is None else f"{rate:g}" for rate in rates)
    notes = [f"other over {int(bound):,} tokens" for bound in model.price.get("over", ())]
    notes += ["other off peak"] * ("offPeak" in model.price)
    notes += [f"until {model.price['until'][:10]}"] if model.price.get("until") else []
    return f"{shown} ({', '.join(notes)})" if notes else shown


def _number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


if __name__ == "__main__":
    PAGE.write_text(page())
