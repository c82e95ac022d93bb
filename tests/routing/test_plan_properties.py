"""Laws of every plan, for any agent, configuration, keys and health."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import AgentConfig, CoolDown, Plan
from agentos.domain.routing_rules import first_match
from agentos.routing.plan import Facts, TargetStats, make_plan
from agentos.routing.strategies import assign
from agentos.settings.loading import Settings
from tests.support.settings import settings_of

PROVIDERS = ("one", "two", "three")
NAMES = st.builds(lambda p, m: f"{p}:{m}", st.sampled_from((*PROVIDERS, "gone")), st.sampled_from("abcd"))
KNOWN = NAMES.filter(lambda name: not name.startswith("gone"))
ABILITIES = st.none() | st.lists(st.sampled_from(["images", "structuredOutput", "tools"]), unique=True)
LISTS = st.lists(KNOWN, min_size=1, max_size=3)
WEIGHED = st.lists(st.builds(lambda m, w: {"model": m, "weight": w}, KNOWN, st.integers(1, 9)), min_size=1, max_size=3)
USES = (
    KNOWN
    | LISTS
    | st.builds(lambda kind, among: {"strategy": kind, "among": among}, st.sampled_from(["cheapest", "fastest"]), LISTS)
    | st.builds(lambda among: {"strategy": "weighted", "among": among}, WEIGHED)
)
WHENS = st.sampled_from(
    [{}, {"taskType": "code"}, {"hasImages": True}, {"promptTokens": {"gte": 50}}, {"metadata.tier": "g*"}]
)
RULES = st.lists(st.builds(lambda when, use: {"when": when, "use": use}, WHENS, USES), max_size=3)
EXPERIMENTS = st.none() | st.builds(lambda variants: {"name": "x", "variants": variants}, WEIGHED)
FACTS = st.builds(
    lambda **given: Facts(**given),
    task_type=st.sampled_from(["general", "code"]),
    metadata=st.sampled_from([{}, {"tier": "gold"}]),
    session_id=st.none() | st.text("abc", max_size=3),
    has_tools=st.booleans(),
    has_images=st.booleans(),
    structured_output=st.booleans(),
    prompt_tokens=st.sampled_from([1, 60, 600]),
    draw=st.floats(0, 1),
)


@dataclass(frozen=True)
class World:
    """Everything that a plan depends on."""

    settings: Settings
    model: str
    config: AgentConfig
    facts: Facts
    cooling: Mapping[str, CoolDown]
    latency: Mapping[str, float]

    @property
    def plan(self) -> Plan:
        stats = TargetStats(self.cooling.get, lambda model, _: self.latency.get(model))
        return make_plan(self.model, self.config, self.facts, self.settings, stats)

    def identity(self, model: str) -> tuple[str, str]:
        target = self.settings.target(model, "")
        return target.provider, target.upstream_model

    def first(self) -> set[tuple[str, str]]:
        """The upstream names of the variant's model, the matching rule's models and the agent's model."""
        rules = [*self.config.routing.rules, *self.settings.routing.rules]
        rule = first_match(rules, self.facts.named(self.model))
        named = [self.model, *(model for _, model in (rule.models() if rule else ()))]
        if self.config.routing.experiment and self.facts.session_id is not None:
            named.append(assign(self.config.routing.experiment, self.facts.session_id))
        return {self.identity(name) for name in named}

    def fallbacks(self) -> list[tuple[str, str]]:
        return [self.identity(name) for name in (*self.config.fallbacks(), *self.settings.routing.fallbacks)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Three providers, some of them unavailable. Some models share an upstream id, and some cool down."""
    providers: dict[str, Any] = {
        name: {"format": "openai", "endpoint": "http://x", "enabled": draw(st.booleans())} for name in PROVIDERS
    }
    models = {
        name: {
            "upstream": draw(st.none() | st.sampled_from("abx")),
            "capabilities": draw(ABILITIES),
            "contextWindow": draw(st.none() | st.sampled_from([50, 500])),
            "price": draw(st.none() | st.builds(lambda p: {"input": p, "output": p}, st.integers(0, 3))),
        }
        for name in draw(st.lists(KNOWN, unique=True))
    }
    keys = {f"{name.upper()}_API_KEY": "key-0123456789" for name in draw(st.sets(st.sampled_from(PROVIDERS)))}
    routing = {"fallbacks": draw(st.lists(KNOWN, max_size=3)), "rules": draw(RULES)}
    config = {
        "fallbackModel": draw(st.none() | NAMES),
        "fallbackModels": draw(st.lists(NAMES, max_size=4)),
        "routing": {"rules": draw(RULES), "experiment": draw(EXPERIMENTS)},
    }
    seconds = st.dictionaries(NAMES, st.floats(0.1, 100))
    return World(
        settings_of(providers, models, environment=keys, routing=routing),
        draw(NAMES),
        AgentConfig.model_validate(config),
        draw(FACTS),
        draw(st.dictionaries(NAMES, st.builds(CoolDown, st.floats(0.1, 100), st.booleans()))),
        draw(seconds),
    )


def places(plan: Plan) -> list[str]:
    return [target.model for target in plan.targets] + [skip.model for skip in plan.skipped]


@given(worlds())
def test_every_candidate_has_exactly_one_fate(world: World) -> None:
    named = [world.identity(name) for name in places(world.plan)]
    assert len(set(named)) == len(named), "no target twice"
    assert set(named) == world.first() | set(world.fallbacks())
    assert all(skip.reason.partition(": ")[2] for skip in world.plan.skipped)


@given(worlds())
def test_targets_keep_the_order_of_the_chain(world: World) -> None:
    """Variant, rule, agent's model, its fallbacks, the server's."""
    ranks = ("experiment x", "rule", "agent's model", "agent's fallback", "server's fallback")
    healthy = [one.reason for one in world.plan.targets if one.cooling is None]
    order = [next(rank for rank, kind in enumerate(ranks) if reason.startswith(kind)) for reason in healthy]
    assert order == sorted(order)


@given(worlds())
def test_fallbacks_keep_the_order_they_were_given_in(world: World) -> None:
    """Within targets and within skipped alike."""
    first, fallbacks = world.first(), world.fallbacks()
    healthy = [one.model for one in world.plan.targets if one.cooling is None]
    for named in (healthy, [one.model for one in world.plan.skipped]):
        kept = [one for one in map(world.identity, named) if one not in first]
        assert kept == sorted(kept, key=fallbacks.index)


@given(worlds())
def test_no_target_is_unavailable_or_unsupported(world: World) -> None:
    facts = world.facts
    needs = {"images": facts.has_images, "structuredOutput": facts.structured_output, "tools": facts.has_tools}
    for target in world.plan.targets:
        assert world.settings.providers[target.provider].availability[0] == "available"
        can, window = target.facts.capabilities, target.facts.context_window
        assert can is None or {need for need, wanted in needs.items() if wanted} <= can
        assert window is None or facts.prompt_tokens <= window


@given(worlds())
def test_cooling_targets_come_last_and_none_is_left_out(world: World) -> None:
    plan = world.plan
    healthy = replace(world, cooling={}).plan
    assert {one.model for one in plan.targets} == {one.model for one in healthy.targets}
    assert plan.skipped == healthy.skipped
    well = [one.model for one in healthy.targets if one.model not in world.cooling]
    assert [one.model for one in plan.targets[: len(well)]] == well
    rests = [(one.cooling.named, one.cooling.seconds) for one in plan.targets[len(well) :] if one.cooling]
    assert len(well) + len(rests) == len(plan.targets)
    assert rests == sorted(rests)


@given(worlds(), st.data())
def test_adding_an_unavailable_model_never_changes_who_is_asked(world: World, data: st.DataObject) -> None:
    providers = world.settings.providers.items()
    unavailable = ["gone", *(name for name, provider in providers if provider.availability[0] != "available")]
    newcomer = f"{data.draw(st.sampled_from(unavailable))}:new"
    fallbacks = list(world.config.fallbacks())
    fallbacks.insert(data.draw(st.integers(0, len(fallbacks))), newcomer)
    given_otherwise = world.config.model_copy(update={"fallback_model": None, "fallback_models": tuple(fallbacks)})

    before, after = world.plan, replace(world, config=given_otherwise).plan

    assert after.targets == before.targets
    assert (after.preferred, after.rule, after.experiment) == (before.preferred, before.rule, before.experiment)
    assert len(after.skipped) == len(before.skipped) + 1


@given(worlds())
def test_adding_a_model_at_the_end_changes_nothing_before_it(world: World) -> None:
    longer = (*world.config.fallback_models, "one:newest")
    before = [one for one in world.plan.targets if one.reason != "server's fallback" and one.cooling is None]
    after = replace(world, config=world.config.model_copy(update={"fallback_models": longer})).plan
    assert list(after.targets[: len(before)]) == before


@given(worlds())
def test_the_same_facts_make_the_same_plan(world: World) -> None:
    assert world.plan == world.plan


@given(worlds())
def test_the_preferred_target_is_in_the_plan(world: World) -> None:
    plan = world.plan
    assert plan.preferred in [target.model for target in plan.targets] or (plan.preferred is None and not plan.targets)


@given(worlds())
def test_the_answer_of_route_is_valid_json(world: World) -> None:
    """It is JSON of the contract's shape."""
    shown = world.plan.to_json()
    assert set(shown) == {"requested", "taskType", "priority", "rule", "experiment", "targets", "skipped"}
    assert all(set(one) == {"model", "provider", "upstreamModel", "reason"} for one in shown["targets"])
    assert all(set(one) == {"model", "reason"} for one in shown["skipped"])
