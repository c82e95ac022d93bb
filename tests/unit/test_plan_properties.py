"""What holds of every plan, whatever the agent, the configuration and the keys."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentos.config import Settings
from agentos.domain import AgentConfig, Plan
from agentos.routing.plan import Facts, make_plan
from tests.support.settings import settings_of

PROVIDERS = ("one", "two", "three")
NAMES = st.builds(lambda p, m: f"{p}:{m}", st.sampled_from((*PROVIDERS, "gone")), st.sampled_from("abcd"))
FACTS = st.builds(Facts, has_images=st.booleans(), structured_output=st.booleans())
ABILITIES = st.none() | st.lists(st.sampled_from(["images", "structuredOutput"]), unique=True)


@st.composite
def worlds(draw: st.DrawFn) -> Settings:
    """Three providers, some of them unavailable, some of whose models share an upstream id."""
    providers: dict[str, Any] = {
        name: {"format": "openai", "endpoint": "http://x", "enabled": draw(st.booleans())} for name in PROVIDERS
    }
    listed = draw(st.lists(NAMES.filter(lambda name: not name.startswith("gone")), unique=True))
    models = {
        name: {"upstream": draw(st.none() | st.sampled_from("abx")), "capabilities": draw(ABILITIES)} for name in listed
    }
    keys = {f"{name.upper()}_API_KEY": "key-0123456789" for name in draw(st.sets(st.sampled_from(PROVIDERS)))}
    server = draw(st.lists(NAMES.filter(lambda name: not name.startswith("gone")), max_size=3))
    return settings_of(providers, models, server, keys)


CONFIGS = st.builds(
    lambda one, many: AgentConfig(fallback_model=one, fallback_models=tuple(many)),
    st.none() | NAMES,
    st.lists(NAMES, max_size=5),
)


def identity(settings: Settings, model: str) -> tuple[str, str]:
    target = settings.target(model, "")
    return target.provider, target.upstream_model


def candidates(model: str, config: AgentConfig, settings: Settings) -> list[str]:
    return [model, *config.fallbacks(), *settings.routing.fallbacks]


def fates(plan: Plan) -> list[str]:
    return [target.model for target in plan.targets] + [skip.model for skip in plan.skipped]


@given(worlds(), NAMES, CONFIGS, FACTS)
def test_every_candidate_has_exactly_one_fate(s: Settings, model: str, config: AgentConfig, facts: Facts) -> None:
    plan = make_plan(model, config, facts, s)
    named = [identity(s, name) for name in fates(plan)]

    assert len(set(named)) == len(named)
    assert set(named) == {identity(s, name) for name in candidates(model, config, s)}
    assert all(skip.reason for skip in plan.skipped)


@given(worlds(), NAMES, CONFIGS, FACTS)
def test_order_is_that_of_the_chain(s: Settings, model: str, config: AgentConfig, facts: Facts) -> None:
    plan = make_plan(model, config, facts, s)
    chain = [identity(s, name) for name in candidates(model, config, s)]

    for names in ([target.model for target in plan.targets], [skip.model for skip in plan.skipped]):
        places = [chain.index(identity(s, name)) for name in names]
        assert places == sorted(places)


@given(worlds(), NAMES, CONFIGS, FACTS)
def test_no_target_is_unavailable_or_unable(s: Settings, model: str, config: AgentConfig, facts: Facts) -> None:
    for target in make_plan(model, config, facts, s).targets:
        assert s.providers[target.provider].fate[0] == "available"
        can = s.models[target.model].capabilities if target.model in s.models else None
        assert can is None or not (facts.has_images and "images" not in can)
        assert can is None or not (facts.structured_output and "structuredOutput" not in can)


@given(worlds(), NAMES, CONFIGS, FACTS, st.data())
def test_an_unavailable_fallback_never_changes_who_is_asked(
    s: Settings, model: str, config: AgentConfig, facts: Facts, data: st.DataObject
) -> None:
    unavailable = ["gone", *(name for name, provider in s.providers.items() if provider.fate[0] != "available")]
    newcomer = f"{data.draw(st.sampled_from(unavailable))}:new"
    given_before = config.fallbacks()
    place = data.draw(st.integers(0, len(given_before)))
    longer = AgentConfig(fallback_models=(*given_before[:place], newcomer, *given_before[place:]))

    before, after = make_plan(model, config, facts, s), make_plan(model, longer, facts, s)

    assert after.targets == before.targets
    assert len(after.skipped) == len(before.skipped) + 1


@given(worlds(), NAMES, CONFIGS, FACTS)
def test_the_same_facts_make_the_same_plan(s: Settings, model: str, config: AgentConfig, facts: Facts) -> None:
    assert make_plan(model, config, facts, s) == make_plan(model, config, facts, s)
