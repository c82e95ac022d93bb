"""Who is asked: models and their facts, plans, and what became of each attempt."""

from enum import StrEnum
from operator import not_
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from agentos.domain.names import ParameterName, Priority, WireFormat
from agentos.domain.prices import Prices
from agentos.domain.reasoning import Reasoning
from agentos.domain.request_limits import RequestLimits, no_limits
from agentos.domain.usage import AttemptUsage
from agentos.kernel.errors import ErrorClass
from agentos.kernel.values import Value

Capability = Literal["tools", "images", "files", "audio", "structuredOutput"]


class ModelFacts(Value):
    """What configuration knows of a model. Sizes in tokens, prices in USD per million tokens.

    `limits` are those that differ from its provider's. `format` is its wire format, where its provider has another one.
    `reasoning` None: how it reasons is not known. `vector_space` is set for a model of embeddings: vectors of one space
    can be compared, also those of different models.
    """

    upstream: str | None = None
    format: WireFormat | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] | None = None
    reasoning: Reasoning | None = None
    unsupported: frozenset[ParameterName] = frozenset()
    limits: RequestLimits = Field(default_factory=no_limits)
    price: Prices = ()
    vector_space: Annotated[str, Field(min_length=1)] | None = None


class CoolDown(NamedTuple):
    """How long a failing target is to be left alone. `named`: its provider named the pause itself."""

    seconds: float
    named: bool = False


class Account(NamedTuple):
    """A tenant's own key at a provider. `fingerprint` differs for every key and endpoint, and reveals neither."""

    tenant: str
    fingerprint: str


class Target(Value):
    """A model to ask: as it is written (`gemini:flash-1.5`), and what its provider calls it.

    `cooling` is set where it is cooling down, so that it is asked only after all others. `fallback`: it is one of the
    agent's or the server's fallbacks. `trust_cost`: its provider names the cost of each call. `account` is set where it
    is called with a tenant's own key. `simulated_failure` is left out unless the request asks for one.
    """

    model: str
    provider: str
    upstream_model: str
    reason: str
    simulated_failure: Annotated[ErrorClass | None, Field(exclude_if=not_)] = None
    facts: ModelFacts = Field(default_factory=ModelFacts, exclude=True)
    cooling: Annotated[CoolDown | None, Field(exclude=True)] = None
    fallback: Annotated[bool, Field(exclude=True)] = False
    trust_cost: Annotated[bool, Field(exclude=True)] = False
    account: Annotated[Account | None, Field(exclude=True)] = None

    @property
    def average(self) -> str:
        """The name under which its latencies are averaged: the model's, and a tenant's own key has one of its own."""
        return f"{self.model} {self.account.fingerprint}" if self.account else self.model

    def cooled(self, rest: CoolDown, text: str) -> "Target":
        """The same target as one that is cooling down."""
        return self.model_copy(update={"cooling": rest, "reason": f"{SkipCode.COOLING_DOWN}: {text}"})


def cooling_order(target: Target) -> tuple[bool, bool, float]:
    """Sorts targets: first the healthy ones, then by their rest those that cool down, at last those whose provider
    named the pause."""
    rest = target.cooling
    return (rest is not None, rest is not None and rest.named, rest.seconds if rest else 0.0)


class SkipCode(StrEnum):
    """Why a candidate was left out; the first word of its `reason`."""

    UNSUPPORTED = "unsupported"
    CONTEXT_LENGTH = "context_length"
    NOT_CONFIGURED = "not_configured"
    DISABLED = "disabled"
    COOLING_DOWN = "cooling_down"
    NOT_TRIED = "not_tried"
    OVER_BUDGET = "over_budget"
    UNPRICED = "unpriced"
    NOT_ALLOWED = "not_allowed"
    OTHER_VECTOR_SPACE = "other_vector_space"


class Skipped(Value):
    """A candidate that was left out; `reason` begins with a stable word, then says more."""

    model: str
    reason: str

    @classmethod
    def because(cls, model: str, code: SkipCode, text: str) -> "Skipped":
        return cls(model=model, reason=f"{code}: {text}")

    @property
    def code(self) -> str:
        return self.reason.partition(":")[0]


class Assignment(Value):
    """The variant of an experiment that a session was given."""

    name: str
    variant: str


class CachedPrefix(NamedTuple):
    """A prompt that begins as an earlier one of its session: the model that has it in its cache, and tokens of it."""

    model: str
    tokens: int


class CacheRoute(Value):
    """That a session stayed with the model that has its prompt in its cache.

    `cached_tokens`: how many of the prompt were expected to be read from there. `saved_usd`: by how much the call was
    expected to be cheaper there than at the cheapest other model of the rule.
    """

    model: str
    cached_tokens: int
    saved_usd: float


class Plan(Value):
    """Every candidate with its fate: `targets` in the order of trying, `skipped` with reasons.

    Targets that are cooling down are the last ones, and their `reason` says so. `cache` is left out where no cache
    decided. `preferred` is the first candidate that may be asked, cooling down or not. An answer of any other is a
    fallback.
    """

    requested: str
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...]
    task_type: str = "general"
    priority: Priority | None = None
    rule: str | None = None
    experiment: Assignment | None = None
    preferred: Annotated[str | None, Field(exclude=True)] = None
    cache: Annotated[CacheRoute | None, Field(exclude_if=not_)] = None


class Circuit(Value):
    """A target that is failing: left alone (`open`), or being tried by one caller (`half-open`)."""

    model: str
    state: Literal["open", "half-open"]
    retry_in_seconds: int


class Attempt(Value):
    """One upstream call; `outcome` is `ok` or the error class, `status` the provider's HTTP status if it gave one.

    `notes` tells what of the request was changed for this target, such as a parameter that it does not take.
    `usage` is None where the call failed and the provider counted nothing. `simulated`: the request asked for the
    failure, and no call was made. It is left out where it is false.
    """

    model: str
    provider: str
    upstream_model: str
    outcome: str
    status: int | None
    latency_ms: int
    notes: tuple[str, ...] = ()
    usage: AttemptUsage | None = None
    simulated: Annotated[bool, Field(exclude_if=not_)] = False


class Route(Value):
    """Why this model answered; `fallback_used` where another was preferred, or only a fallback was left to ask.

    `cache` is left out where no cache decided.
    """

    requested: str
    served: str
    rule: str | None
    experiment: Assignment | None
    fallback_used: bool
    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]
    cache: Annotated[CacheRoute | None, Field(exclude_if=not_)] = None
