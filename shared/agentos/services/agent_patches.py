"""An agent with a merge patch applied: what `PATCH` stores, and what an explained route or a what-if tries unsaved."""

from collections.abc import Iterator, Mapping
from typing import Any

from agentos.domain import Agent, AgentConfig
from agentos.domain.requests import NewAgent
from agentos.domain.routing_rules import unreachable
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.merge_patch import merge_patch
from agentos.kernel.validation import validated
from agentos.services.tool_definitions import check_choice, check_tools
from agentos.settings.loading import Settings


def patched(agent: Agent, patch: Mapping[str, Any], settings: Settings) -> Agent:
    """The agent with a JSON Merge Patch (RFC 7396) applied; its version stays. Raises InvalidRequest."""
    before = NewAgent(**{name: getattr(agent, name) for name in NewAgent.model_fields}).to_json()
    request = validated(NewAgent, merge_patch(before, patch))
    check_agent(request, settings)
    return agent.model_copy(update=agent_fields(request))


def drafted(agent: Agent, patch: Mapping[str, Any] | None, settings: Settings) -> Agent:
    """The agent as the field `agent` of a request would change it. Raises InvalidRequest that names fields below it."""
    if patch is None:
        return agent
    try:
        return patched(agent, patch, settings)
    except InvalidRequest as error:
        raise error.within("agent") from error


def agent_fields(request: NewAgent) -> dict[str, Any]:
    """The fields of an agent that its owner writes."""
    return {name: getattr(request, name) for name in NewAgent.model_fields}


def check_agent(request: NewAgent, settings: Settings) -> None:
    """Checks that need more than the request itself. Raises InvalidRequest."""
    check_tools(request.tools)
    check_choice("config.toolChoice", request.config, request.tools)
    for field, model in _named_models(request.model, request.config):
        provider = model.partition(":")[0]
        if provider not in settings.provider_names:
            known = ", ".join(sorted(settings.provider_names))
            raise InvalidRequest.of(field, f"there is no provider {provider!r}; the configuration has {known}")
    if crossed := unreachable(request.config.routing.rules):
        later, earlier = crossed
        field = f"config.routing.rules[{later}]"
        raise InvalidRequest.of(field, f"can never match, as rules[{earlier}] always does before")


def _named_models(model: str, config: AgentConfig) -> Iterator[tuple[str, str]]:
    """Every model that an agent names, each with the field that names it."""
    yield "model", model
    if config.fallback_model:
        yield "config.fallbackModel", config.fallback_model
    for index, name in enumerate(config.fallback_models):
        yield f"config.fallbackModels[{index}]", name
    for field, name in config.routing.models():
        yield f"config.routing.{field}", name
