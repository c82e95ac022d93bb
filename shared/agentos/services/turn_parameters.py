"""How an agent answers one turn: the parameters of the turn's messages over its own."""

from collections.abc import Sequence
from typing import Any

from agentos.domain import Agent, GivenParameters
from agentos.domain.requests import Sent, ToolResult, TurnOverride
from agentos.domain.routing_rules import AgentRouting
from agentos.services.tool_definitions import check_choice


def with_parameters(agent: Agent, messages: Sequence[Sent]) -> Agent:
    """The agent as it answers these messages; where several give the same parameter, the last one counts.

    An agent's own demand that a tool be called holds until one was called. Tool results are answered freely, because
    an agent that must call a tool after every result would never come to an end. Raises InvalidRequest.
    """
    given = [message.parameters for message in messages]
    return answering(agent, given, to_results=isinstance(messages[0], ToolResult))


def answering(agent: Agent, parameters: Sequence[GivenParameters], *, to_results: bool) -> Agent:
    """The same, by the parameters themselves. Raises InvalidRequest."""
    if to_results and agent.config.tool_choice not in (None, "auto", "none"):
        agent = agent.under(GivenParameters(tool_choice=None))
    for given in parameters:
        check_choice("parameters.toolChoice", given, agent.tools)
        agent = agent.under(given)
    return agent


def overridden(agent: Agent, override: TurnOverride) -> Agent:
    """The agent as it answers one turn. A model that the turn names has no other fallbacks and rules than its own."""
    config = agent.config
    if override.instructions:
        instructions = "\n\n".join(filter(None, (config.instructions, override.instructions)))
        config = config.model_copy(update={"instructions": instructions})
    update: dict[str, Any] = {}
    if override.tools is not None:
        update["tools"] = override.tools
    if override.models:
        update["model"], *others = override.models
        own = {"fallback_model": None, "fallback_models": tuple(others), "routing": AgentRouting()}
        config = config.model_copy(update=own)
    return agent.model_copy(update={**update, "config": config})
