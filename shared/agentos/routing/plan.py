"""Which targets to try, in which order, and why not the others. Pure: facts in, plan out.

The chain is the agent's model, its fallbacks, the server's fallbacks; duplicates drop and order stays.
Every candidate comes out either as a target or as skipped with the reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentos.config import Settings
from agentos.domain import AgentConfig, Plan, Priority, Skipped, Target


@dataclass(frozen=True)
class Facts:
    """What a plan may depend on of the request itself."""

    task_type: str = "general"
    priority: Priority | None = None
    has_images: bool = False
    structured_output: bool = False


def make_plan(model: str, config: AgentConfig, facts: Facts, settings: Settings) -> Plan:
    """The plan for one message to an agent with this `model` and `config`."""
    targets: list[Target] = []
    skipped: list[Skipped] = []
    for target in _distinct(_candidates(model, config, settings)):
        reason = _unavailable(target, settings) or _unable(target, facts)
        if reason is None:
            targets.append(target)
        else:
            skipped.append(Skipped(model=target.model, reason=reason))
    return Plan(
        requested=model,
        targets=tuple(targets),
        skipped=tuple(skipped),
        task_type=facts.task_type,
        priority=facts.priority,
    )


def _candidates(model: str, config: AgentConfig, settings: Settings) -> Iterator[Target]:
    yield settings.target(model, "agent's model")
    for name in config.fallbacks():
        yield settings.target(name, "agent's fallback")
    for name in settings.routing.fallbacks:
        yield settings.target(name, "server's fallback")


def _distinct(targets: Iterable[Target]) -> Iterator[Target]:
    """Two names for the same upstream model are one target: asking it twice would help nobody."""
    seen: set[tuple[str, str]] = set()
    for target in targets:
        identity = target.provider, target.upstream_model
        if identity not in seen:
            seen.add(identity)
            yield target


def _unavailable(target: Target, settings: Settings) -> str | None:
    """Why the provider cannot be asked at all."""
    provider = settings.providers.get(target.provider)
    if provider is None:
        return "not_configured: the configuration has no such provider any more"
    status, reason = provider.fate
    return None if status == "available" else f"{status.replace('-', '_')}: {reason}"


def _unable(target: Target, facts: Facts) -> str | None:
    """What the model cannot do; a model of unknown capabilities is taken to be able."""
    needs = {"images": facts.has_images, "structuredOutput": facts.structured_output}
    can = target.facts.capabilities
    missing = [need for need, wanted in needs.items() if wanted and can is not None and need not in can]
    return f"unsupported: {', '.join(missing)}" if missing else None
