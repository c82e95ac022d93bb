"""Who is asked: models and their facts, plans, and what became of each attempt."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from agentos.domain.names import ParameterName, Priority
from agentos.domain.request_limits import NO_LIMITS, RequestLimits
from agentos.kernel.values import Amount, Value


class ModelFacts(Value):
    """What configuration knows of a model. Sizes in tokens, prices in USD per million tokens.

    `limits` are those that differ from its provider's.
    """

    upstream: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Literal["tools", "images", "structuredOutput"]] | None = None
    unsupported: frozenset[ParameterName] = frozenset()
    limits: RequestLimits = NO_LIMITS
    price: "Price | None" = None


class Price(Value):
    """USD per million tokens."""

    input: Amount
    output: Amount
    cached_input: Amount | None = None


class Target(Value):
    """A model to ask: as it is written (`gemini:flash-1.5`), and what its provider calls it.

    `despite_health` is set where it is cooling down and nothing better is left.
    """

    model: str
    provider: str
    upstream_model: str
    reason: str
    facts: Annotated[ModelFacts, Field(exclude=True)] = ModelFacts()
    despite_health: Annotated[bool, Field(exclude=True)] = False


class SkipCode(StrEnum):
    """Why a candidate was left out; the first word of its `reason`."""

    UNSUPPORTED = "unsupported"
    CONTEXT_LENGTH = "context_length"
    NOT_CONFIGURED = "not_configured"
    DISABLED = "disabled"
    COOLING_DOWN = "cooling_down"


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


class Plan(Value):
    """Every candidate with its fate: `targets` in the order of trying, `skipped` with reasons.

    `preferred` is the first candidate that may be asked, cooling down or not; whoever else answers is a fallback.
    """

    requested: str
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...]
    task_type: str = "general"
    priority: Priority | None = None
    rule: str | None = None
    experiment: Assignment | None = None
    preferred: Annotated[str | None, Field(exclude=True)] = None


class Circuit(Value):
    """A target that is failing: left alone (`open`), or being tried by one caller (`half-open`)."""

    model: str
    state: Literal["open", "half-open"]
    retry_in_seconds: int


class Attempt(Value):
    """One upstream call; `outcome` is `ok` or the error class, `status` the provider's HTTP status if it gave one.

    `notes` tells what of the request was changed for this target, such as a parameter that it does not take.
    """

    model: str
    provider: str
    upstream_model: str
    outcome: str
    status: int | None
    latency_ms: int
    notes: tuple[str, ...] = ()


class Route(Value):
    """Why this model answered; `fallback_used` where another was preferred, or only a fallback was left to ask."""

    requested: str
    served: str
    rule: str | None
    experiment: Assignment | None
    fallback_used: bool
    attempts: tuple[Attempt, ...]
    skipped: tuple[Skipped, ...]
