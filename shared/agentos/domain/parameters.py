"""How to answer: the parameters that an agent, one message and a door may give.

`GivenParameters` is what a client writes, `Parameters` what a provider is asked. Their ranges are the widest that any
provider documents; what a single provider or model takes is data of its own (`config/default.yaml`).
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from agentos.domain.names import ParameterName
from agentos.kernel.values import AsGiven, Number, Value, Whole, not_empty, text_or_list

Stop = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[tuple[str, ...], Field(max_length=16), Tag("<list>")],
    Discriminator(text_or_list, "stop", "must be a string or a list of strings"),
]

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
PromptCache = Literal["auto", "off"]
"""Whether providers are asked to keep the prompt in their caches, where they do not do so by themselves."""

Flag = Annotated[bool, Field(strict=True)]
Penalty = Annotated[Number, Field(ge=-2, le=2)]


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Bias = Annotated[Whole, Field(ge=-100, le=100), BeforeValidator(_whole)]
LogitBias = dict[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], Bias]
"""Token ids of the model's own tokenizer, and what is added to their logits: whole numbers, also as 5.0.

https://platform.openai.com/docs/api-reference/chat/create (logit_bias)
"""

NOT_CARRIED: frozenset[ParameterName] = frozenset({"logprobs", "topLogprobs"})
"""Accepted, and left out for every provider with a note: answers hand back no probabilities."""

MAX_SEED = 2**63 - 1


class ToolChoice(Value):
    """That tools must be called: the one of this name, or any of those offered."""

    name: str | None = None


class ChosenFunction(Value):
    """The function that must be called."""

    name: Annotated[str, AfterValidator(not_empty)]


class ChosenTool(Value):
    """`{type: "function", function: {name}}`, OpenAI's form."""

    type: Literal["function"]
    function: ChosenFunction


def _choice_kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "<word>"
    return "<tool>" if isinstance(value, dict | ChosenTool) else None


GivenChoice = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("<word>")] | Annotated[ChosenTool, Tag("<tool>")],
    Discriminator(_choice_kind, "choice", 'must be "auto", "none", "required" or {type: "function", function: {name}}'),
]


def _one(count: int) -> int:
    if count != 1:
        raise ValueError("must be 1: a message has one answer")
    return count


class GivenParameters(AsGiven):
    """Parameters as a client gives them. One that is null is as if nobody had set it."""

    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    top_k: Annotated[Whole, Field(ge=1)] | None = None
    max_tokens: Annotated[Whole, Field(ge=1)] | None = None
    stop: Stop | None = ()
    seed: Annotated[Whole, Field(ge=-MAX_SEED - 1, le=MAX_SEED)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: LogitBias | None = None
    logprobs: Flag | None = None
    top_logprobs: Annotated[Whole, Field(ge=0, le=20)] | None = None
    n: Annotated[Whole, AfterValidator(_one)] | None = None
    reasoning_effort: Effort | None = None
    include_reasoning: Flag | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    response_format: dict[str, Any] | None = None
    tool_choice: GivenChoice | None = None
    parallel_tool_calls: Flag | None = None
    service_tier: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    user: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    prompt_cache: PromptCache | None = None

    def parameters(self) -> "Parameters":
        """What a provider is asked. What would be the same as not asking, such as `logprobs: false`, is left out."""
        return Parameters(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            max_tokens=self.max_tokens,
            stop=(self.stop,) if isinstance(self.stop, str) else self.stop or (),
            seed=self.seed,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            logit_bias=self.logit_bias or None,
            logprobs=self.logprobs or None,
            top_logprobs=self.top_logprobs or None,
            reasoning_effort=self.reasoning_effort,
            include_reasoning=self.include_reasoning or None,
            verbosity=self.verbosity,
            response_format=self.response_format,
            tool_choice=self._forced(),
            parallel_tool_calls=self.parallel_tool_calls,
            service_tier=self.service_tier,
            user=self.user,
            prompt_cache=self.prompt_cache,
        )

    def _forced(self) -> ToolChoice | None:
        """None where the model may decide, or has no tools to decide about."""
        if isinstance(self.tool_choice, ChosenTool):
            return ToolChoice(name=self.tool_choice.function.name)
        return ToolChoice() if self.tool_choice == "required" else None


class Parameters(Value):
    """How to answer; None leaves it to the provider. `tool_choice` and `parallel_tool_calls` need tools.

    `user` is a keyed hash by the time that a provider is asked.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, int] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning_effort: Effort | None = None
    include_reasoning: bool | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    response_format: dict[str, Any] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    service_tier: str | None = None
    user: str | None = None
    prompt_cache: PromptCache | None = None
