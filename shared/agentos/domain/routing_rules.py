"""Routing rules and experiments: their shape, what a rule matches, and which rule could never match.

A rule is `{name, when, use}`. `when` holds conditions on facts of the request, all of which must hold; a
condition is a value, a list of values (any of them), or a range; `*` in a text stands for anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, RootModel, Tag

from agentos.domain.names import ModelName, Priority
from agentos.kernel.values import AsGiven, Number, Value, not_empty, text_or_list

Scalar = str | Annotated[bool, Field(strict=True)] | Annotated[int, Field(strict=True)] | Number


class Range(AsGiven):
    """Bounds of a number; all that are given must hold."""

    gte: Number | None = None
    gt: Number | None = None
    lte: Number | None = None
    lt: Number | None = None

    def holds(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (
            (self.gte is None or value >= self.gte)
            and (self.gt is None or value > self.gt)
            and (self.lte is None or value <= self.lte)
            and (self.lt is None or value < self.lt)
        )

    def covers(self, other: "Range") -> bool:
        """Whether everything within `other` is within this."""
        return _from(self) <= _from(other) and _to(self) >= _to(other)


def _from(bounds: Range) -> tuple[float, bool]:
    """The lower bound, ordered so that a wider one is smaller."""
    lowest = float("-inf")
    return max(
        (lowest if bounds.gte is None else bounds.gte, False), (lowest if bounds.gt is None else bounds.gt, True)
    )


def _to(bounds: Range) -> tuple[float, bool]:
    """The upper bound, ordered so that a wider one is larger."""
    highest = float("inf")
    return min(
        (highest if bounds.lte is None else bounds.lte, True), (highest if bounds.lt is None else bounds.lt, False)
    )


def _bounded(bounds: Range) -> Range:
    if not bounds.model_fields_set:
        raise ValueError("must have at least one of gte, gt, lte, lt")
    (lowest, above), (highest, included) = _from(bounds), _to(bounds)
    if lowest > highest or (lowest == highest and (above or not included)):
        raise ValueError("has no number in it")
    return bounds


def _condition_kind(value: Any) -> str:
    return "<range>" if isinstance(value, dict | Range) else "<list>" if isinstance(value, list | tuple) else "<value>"


Condition = Annotated[
    Annotated[Scalar, Tag("<value>")]
    | Annotated[tuple[Scalar, ...], AfterValidator(not_empty), Tag("<list>")]
    | Annotated[Range, AfterValidator(_bounded), Tag("<range>")],
    Discriminator(_condition_kind),
]

FACTS: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "taskType": (str,),
    "priority": (str,),
    "userId": (str,),
    "hasTools": (bool,),
    "hasImages": (bool,),
    "hasFiles": (bool,),
    "hasAudio": (bool,),
    "promptTokens": (int, float),
}
"""What a condition may be about, beside `metadata.<name>`, and the type of its values."""


PRIORITIES: tuple[str, ...] = get_args(Priority)


def _names_a_priority(wanted: Any) -> bool:
    return any(_equal(wanted, priority) for priority in PRIORITIES)


def _about_known_facts(conditions: dict[str, Condition]) -> dict[str, Condition]:
    for fact, condition in conditions.items():
        if fact.startswith("metadata.") and fact != "metadata.":
            continue
        if fact not in FACTS:
            raise ValueError(f"{fact!r} is not a fact; there are {', '.join(FACTS)} and metadata.<name>")
        kinds = FACTS[fact]
        if isinstance(condition, Range) and int not in kinds:
            raise ValueError(f"{fact} is not a number, so it has no range")
        if any(type(value) not in kinds for value in _alternatives(condition)):
            raise ValueError(f"{fact} must be {' or '.join(kind.__name__ for kind in kinds)}")
        if fact == "priority" and not all(map(_names_a_priority, _alternatives(condition))):
            raise ValueError(f"priority is one of {', '.join(PRIORITIES)}")
    return conditions


class When(RootModel[Annotated[dict[str, Condition], AfterValidator(_about_known_facts)]]):
    """Conditions by fact; none at all match every request."""

    def matches(self, facts: Mapping[str, Any]) -> bool:
        """Whether all conditions hold; a fact that is absent holds for none."""
        return all(_holds(condition, facts.get(fact)) for fact, condition in self.root.items())

    def covers(self, other: "When") -> bool:
        """Whether this matches whatever `other` does."""
        return all(fact in other.root and _covers(condition, other.root[fact]) for fact, condition in self.root.items())


class WeightedModel(Value):
    """A model and its share."""

    model: ModelName
    weight: Annotated[Number, Field(gt=0)]


class ByCost(Value):
    """The cheapest of `among` first, by configured prices for the prompt and the expected answer."""

    strategy: Literal["cheapest"]
    among: Annotated[tuple[ModelName, ...], AfterValidator(not_empty)]


class ByLatency(Value):
    """The one of `among` first that has been answering fastest; without observations the order given holds."""

    strategy: Literal["fastest"]
    among: Annotated[tuple[ModelName, ...], AfterValidator(not_empty)]


class ByWeight(Value):
    """One of `among` first by its share, drawn anew for each message."""

    strategy: Literal["weighted"]
    among: Annotated[tuple[WeightedModel, ...], AfterValidator(not_empty)]


Strategy = ByCost | ByLatency | ByWeight


def _use_kind(value: Any) -> str | None:
    if isinstance(value, Strategy):
        return f"<{value.strategy}>"
    if isinstance(value, dict):
        return f"<{value.get('strategy')}>" if value.get("strategy") in ("cheapest", "fastest", "weighted") else None
    return text_or_list(value)


Use = Annotated[
    Annotated[ModelName, Tag("<text>")]
    | Annotated[tuple[ModelName, ...], AfterValidator(not_empty), Tag("<list>")]
    | Annotated[ByCost, Tag("<cheapest>")]
    | Annotated[ByLatency, Tag("<fastest>")]
    | Annotated[ByWeight, Tag("<weighted>")],
    Discriminator(
        _use_kind, "use", "must be a model, a list of models, or {strategy: cheapest|fastest|weighted, among: […]}"
    ),
]


class Rule(AsGiven):
    """Which models to try first for the requests that it matches."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    when: When = When({})
    use: Use

    def models(self) -> list[tuple[str, str]]:
        """Every model that it names, each with its place in the rule."""
        use = self.use
        if isinstance(use, str):
            return [("use", use)]
        if isinstance(use, tuple):
            return [(f"use[{index}]", model) for index, model in enumerate(use)]
        if isinstance(use, ByWeight):
            return [(f"use.among[{index}].model", one.model) for index, one in enumerate(use.among)]
        return [(f"use.among[{index}]", model) for index, model in enumerate(use.among)]


class Experiment(AsGiven):
    """A comparison of models over sessions: each session keeps its variant. `salt` makes a new draw."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    salt: str = ""
    variants: Annotated[tuple[WeightedModel, ...], AfterValidator(not_empty)]


class AgentRouting(AsGiven):
    """`config.routing` of an agent."""

    rules: Annotated[tuple[Rule, ...], Field(max_length=100)] = ()
    experiment: Experiment | None = None

    def models(self) -> list[tuple[str, str]]:
        """Every model named here, each with its place."""
        named = [
            (f"rules[{index}].{place}", model)
            for index, rule in enumerate(self.rules)
            for place, model in rule.models()
        ]
        variants = self.experiment.variants if self.experiment else ()
        return named + [(f"experiment.variants[{index}].model", one.model) for index, one in enumerate(variants)]


def first_match(rules: Iterable[Rule], facts: Mapping[str, Any]) -> Rule | None:
    """The first rule whose conditions all hold."""
    return next((rule for rule in rules if rule.when.matches(facts)), None)


def unreachable(rules: Sequence[Rule]) -> tuple[int, int] | None:
    """The first rule that can never match and the earlier one that always matches before it, as indexes."""
    for later, rule in enumerate(rules):
        for earlier in range(later):
            if rules[earlier].when.covers(rule.when):
                return later, earlier
    return None


def _alternatives(condition: Condition) -> tuple[Any, ...]:
    if isinstance(condition, Range):
        return ()
    return condition if isinstance(condition, tuple) else (condition,)


def _holds(condition: Condition, fact: Any) -> bool:
    """A fact that is a list (of tags, say) holds if one of its values does."""
    values = fact if isinstance(fact, list | tuple) else (fact,)
    if isinstance(condition, Range):
        return any(condition.holds(value) for value in values)
    return any(_equal(wanted, value) for wanted in _alternatives(condition) for value in values)


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str) and isinstance(value, str):
        return wanted == value or ("*" in wanted and _pattern(wanted).fullmatch(value) is not None)
    if isinstance(wanted, bool) or isinstance(value, bool):  # True is 1 in Python, not in JSON
        return wanted is value
    return bool(wanted == value)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)


def _covers(wider: Condition, narrower: Condition) -> bool:
    if isinstance(narrower, Range):
        return isinstance(wider, Range) and wider.covers(narrower)
    if isinstance(wider, Range):
        return all(wider.holds(value) for value in _alternatives(narrower))
    return all(any(_equal(wanted, value) for wanted in _alternatives(wider)) for value in _alternatives(narrower))
