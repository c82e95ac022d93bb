"""Which targets to try, in which order, and why not the others. Pure: facts in, plan out.

The chain of candidates is, in this order: an experiment's variant, the targets of the first matching rule
(the agent's rules, then the server's), the agent's model, its fallbacks, the server's fallbacks. Duplicates
drop and order stays. Every candidate comes out either as a target or as skipped with the reason. Targets that are
cooling down come last.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentos.domain import AgentConfig, Assignment, CachedPrefix, CacheRoute, CoolDown, Plan, SkipCode, Skipped, Target
from agentos.domain.names import Priority
from agentos.domain.routing import cooling_order
from agentos.domain.routing_rules import first_match
from agentos.providers.fitting.obstacles import obstacles
from agentos.providers.limits import limits_of
from agentos.routing.strategies import Costs, assign, ordered, saving
from agentos.settings.loading import Settings


class Facts(NamedTuple):
    """What a plan may depend on: the request, in tokens where it counts, and the moment (`time`, epoch seconds).

    `draw` is uniform in [0, 1). `streamed`: the answer is wanted as a stream. `allowed`: whether the caller may use a
    model. `prefix`: what a model has of the prompt in its cache.
    """

    task_type: str = "general"
    priority: Priority | None = None
    metadata: Mapping[str, Any] = {}
    user_id: str | None = None
    session_id: str | None = None
    has_tools: bool = False
    has_images: bool = False
    image_kinds: frozenset[str] = frozenset()
    file_kinds: frozenset[str] = frozenset()
    audio_formats: frozenset[str] = frozenset()
    response_format: dict[str, Any] | None = None
    structured_output: bool = False
    tool_choice: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    draw: float = 0.0
    time: float = 0.0
    streamed: bool = False
    prefix: CachedPrefix | None = None
    allowed: Callable[[str], bool] = lambda _: True

    def named(self, model: str) -> dict[str, Any]:
        """The facts by the names that rules use."""
        return {
            "model": model,
            "taskType": self.task_type,
            "priority": self.priority,
            "userId": self.user_id,
            "hasTools": self.has_tools,
            "hasImages": self.has_images,
            "hasFiles": bool(self.file_kinds),
            "hasAudio": bool(self.audio_formats),
            "promptTokens": self.prompt_tokens,
            **{f"metadata.{name}": value for name, value in self.metadata.items()},
        }


class TargetStats(NamedTuple):
    """How models are doing: how long each still cools down, and how fast it has answered (ms), whole or streamed."""

    cooling: Callable[[str], CoolDown | None] = lambda _: None
    latency: Callable[[str, bool], float | None] = lambda *_: None


NO_STATS = TargetStats()
"""Nothing is known of any target."""


def make_plan(model: str, config: AgentConfig, facts: Facts, settings: Settings, stats: TargetStats = NO_STATS) -> Plan:
    """The plan for one message to an agent with this `model` and `config`."""
    chain = _Chain(model, config, facts, settings, stats)
    targets: list[Target] = []
    skipped: list[Skipped] = []
    preferred: Target | None = None
    for target in distinct(chain.candidates()):
        if left_out := _not_allowed(target, facts) or _unusable(target, facts, settings):
            skipped.append(left_out)
            continue
        preferred = preferred or target
        targets.append(with_health(target, stats))
    ordered_targets = tuple(sorted(targets, key=cooling_order))
    return Plan(
        requested=model,
        targets=ordered_targets,
        cache=chain.cache(ordered_targets),
        skipped=tuple(skipped),
        task_type=facts.task_type,
        priority=facts.priority,
        rule=chain.rule_name,
        experiment=chain.assignment,
        preferred=preferred.model if preferred else None,
    )


def with_health(target: Target, stats: TargetStats) -> Target:
    """The target, marked if it is cooling down. It is asked last then: a target in doubt beats certain failure."""
    rest = stats.cooling(target.model)
    if rest is None:
        return target
    why = "its provider asked for a pause" if rest.named else "failing lately"
    return target.cooled(rest, f"{why}; tried again in {rest.seconds:.0f} s")


class _Chain:
    """The candidates, before it is known whether each of them can be asked."""

    def __init__(self, model: str, config: AgentConfig, facts: Facts, settings: Settings, stats: TargetStats) -> None:
        self._model = model
        self._config = config
        self._settings = settings
        self._use, self.rule_name = self._rule(facts.named(model))
        self._costs = Costs(settings, facts.prompt_tokens, facts.completion_tokens, facts.time, facts.prefix)
        self._latency = lambda name: stats.latency(name, facts.streamed)
        self._draw = facts.draw
        self.assignment = self._assignment(facts.session_id)

    def candidates(self) -> Iterator[Target]:
        target = self._settings.target
        if self.assignment:
            yield target(self.assignment.variant, f"experiment {self.assignment.name}")
        if self._use is not None:
            for name in ordered(self._use, self._costs, self._latency, self._draw):
                yield target(name, f"rule {self.rule_name}")
        yield target(self._model, "agent's model")
        for name in self._config.fallbacks():
            yield target(name, "agent's fallback", fallback=True)
        for name in self._settings.routing.fallbacks:
            yield target(name, "server's fallback", fallback=True)

    def cache(self, targets: Sequence[Target]) -> CacheRoute | None:
        """What it saves that the first target has the prompt in its cache."""
        saved = saving(self._use, self._costs)
        return saved if saved and targets and targets[0].model == saved.model else None

    def _rule(self, facts: dict[str, Any]) -> tuple[Any, str | None]:
        for owner, rules in (("agent", self._config.routing.rules), ("server", self._settings.routing.rules)):
            if rule := first_match(rules, facts):
                return rule.use, rule.name or f"{owner}.rules[{rules.index(rule)}]"
        return None, None

    def _assignment(self, session_id: str | None) -> Assignment | None:
        experiment = self._config.routing.experiment
        if experiment is None or session_id is None:
            return None
        return Assignment(name=experiment.name, variant=assign(experiment, session_id))


def distinct(targets: Iterable[Target]) -> Iterator[Target]:
    """Two names for the same upstream model are one target: asking it twice would help nobody."""
    seen: set[tuple[str, str]] = set()
    for target in targets:
        identity = target.provider, target.upstream_model
        if identity not in seen:
            seen.add(identity)
            yield target


def _not_allowed(target: Target, facts: Facts) -> Skipped | None:
    if facts.allowed(target.model):
        return None
    return Skipped.because(target.model, SkipCode.NOT_ALLOWED, "the caller's key does not allow it")


def _unusable(target: Target, facts: Facts, settings: Settings) -> Skipped | None:
    """Why the target cannot answer this."""
    return _unable(target, facts) or _unsendable(target, facts, settings) or unavailable(target, settings)


def _unable(target: Target, facts: Facts) -> Skipped | None:
    """What the model cannot do; one whose capabilities or window are not known is taken to be able."""
    needs = {
        "tools": facts.has_tools,
        "images": facts.has_images,
        "files": facts.file_kinds,
        "audio": facts.audio_formats,
        "structuredOutput": facts.structured_output,
    }
    can, window = target.facts.capabilities, target.facts.context_window
    missing = [need for need, wanted in needs.items() if wanted and can is not None and need not in can]
    if target.facts.vector_space:
        missing.append("chat")  # it makes embeddings
    if facts.tool_choice and "toolChoice" in target.facts.unsupported:
        missing.append("toolChoice")  # left out of the request, it would change what the answer is
    if missing:
        return Skipped.because(target.model, SkipCode.UNSUPPORTED, ", ".join(missing))
    if window is not None and facts.prompt_tokens > window:
        text = f"about {facts.prompt_tokens} tokens do not fit its window of {window}"
        return Skipped.because(target.model, SkipCode.CONTEXT_LENGTH, text)
    return None


def _unsendable(target: Target, facts: Facts, settings: Settings) -> Skipped | None:
    """What of the request the target does not take and cannot be told in another way."""
    if not (facts.image_kinds or facts.file_kinds or facts.audio_formats or facts.response_format):
        return None  # most requests are text, which every target takes
    provider = settings.providers.get(target.provider)
    if provider is None:
        return None
    limits = limits_of(provider, target.facts)
    found = obstacles(limits, facts.image_kinds, facts.response_format, facts.file_kinds, facts.audio_formats)
    return Skipped.because(target.model, SkipCode.UNSUPPORTED, ", ".join(found)) if found else None


def unavailable(target: Target, settings: Settings) -> Skipped | None:
    """Why the provider cannot be asked at all."""
    provider = settings.providers.get(target.provider)
    if provider is None:
        text = "the configuration has no such provider any more"
        return Skipped.because(target.model, SkipCode.NOT_CONFIGURED, text)
    status, reason = provider.availability
    if status == "available":
        return None
    code = SkipCode.DISABLED if status == "disabled" else SkipCode.NOT_CONFIGURED
    return Skipped.because(target.model, code, reason or "")
