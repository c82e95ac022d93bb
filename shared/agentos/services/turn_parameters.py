"""How an agent answers one turn: the parameters of the turn's messages over its own."""

from collections.abc import Sequence

from agentos.domain import Agent, GivenParameters
from agentos.domain.requests import NewMessage, ToolResult
from agentos.services.tool_definitions import check_choice


def with_parameters(agent: Agent, messages: Sequence[NewMessage | ToolResult]) -> Agent:
    """The agent as it answers these messages; where several give the same parameter, the last one counts.

    An agent's own demand that a tool be called holds until one was called. Tool results are answered freely, because
    an agent that must call a tool after every result would never come to an end. Raises InvalidRequest.
    """
    if isinstance(messages[0], ToolResult) and agent.config.tool_choice not in (None, "auto", "none"):
        agent = agent.under(GivenParameters(tool_choice=None))
    for message in messages:
        check_choice("parameters.toolChoice", message.parameters, agent.tools)
        agent = agent.under(message.parameters)
    return agent
