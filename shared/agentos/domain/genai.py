"""Spans of turns and upstream calls, by the names of OpenTelemetry's conventions for generative AI (version 0.1.0).

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-agent-spans.md
Attributes that begin with `agentos.` are our own.
"""

from agentos.domain.agents import Agent
from agentos.domain.conversation import Completion, EmbeddingPrompt, Prompt, TokenCount
from agentos.domain.routing import Target
from agentos.domain.sessions import Reply
from agentos.kernel.tracing import Attributes


def provider_name(provider: str) -> str:
    """The value of `gen_ai.provider.name`. A provider that the conventions do not list keeps its name."""
    match provider:
        case "azure-openai":
            return "azure.ai.openai"
        case "bedrock":
            return "aws.bedrock"
        case "gemini":
            return "gcp.gemini"
        case "mistral":
            return "mistral_ai"
        case "xai":
            return "x_ai"
        case _:
            return provider


def turn_name(agent: Agent) -> str:
    """The name of a turn's span. A completion without a stored agent is a chat with a model."""
    return f"invoke_agent {agent.name}" if agent.agent_id else f"chat {agent.model}"


def turn_attributes(agent: Agent, session_id: str) -> Attributes:
    """What is known when a turn begins."""
    return {
        "gen_ai.operation.name": "invoke_agent" if agent.agent_id else "chat",
        "gen_ai.agent.id": agent.agent_id or None,
        "gen_ai.agent.name": agent.name or None,
        "gen_ai.agent.version": str(agent.version) if agent.agent_id else None,
        "gen_ai.conversation.id": session_id or None,
        "gen_ai.request.model": agent.model,
    }


def reply_attributes(reply: Reply) -> Attributes:
    """What is known when a turn has its answer."""
    usage = reply.usage
    return {
        "gen_ai.provider.name": provider_name(reply.provider),
        "gen_ai.response.id": reply.message_id,
        "gen_ai.response.finish_reasons": [reply.finish_reason],
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "agentos.model": reply.model,
        "agentos.attempts": len(reply.route.attempts),
        "agentos.fallback_used": reply.route.fallback_used,
        "agentos.cost_usd": usage.cost_usd,
    }


def operation_of(prompt: Prompt) -> str:
    """The value of `gen_ai.operation.name` of an upstream call."""
    return "embeddings" if isinstance(prompt, EmbeddingPrompt) else "chat"


def call_attributes(target: Target, prompt: Prompt, *, streamed: bool) -> Attributes:
    """What is known when an upstream call begins."""
    parameters = prompt.parameters
    return {
        "gen_ai.operation.name": operation_of(prompt),
        "gen_ai.provider.name": provider_name(target.provider),
        "gen_ai.request.model": target.upstream_model,
        "gen_ai.request.stream": True if streamed else None,
        "gen_ai.request.max_tokens": parameters.max_tokens,
        "gen_ai.request.temperature": parameters.temperature,
        "gen_ai.request.top_p": parameters.top_p,
        "gen_ai.request.seed": parameters.seed,
        "agentos.model": target.model,
    }


def completion_attributes(completion: Completion) -> Attributes:
    """What is known when a call has its answer."""
    return {"gen_ai.response.finish_reasons": [completion.finish_reason], **token_attributes(completion.tokens)}


def token_attributes(tokens: TokenCount) -> Attributes:
    """What the provider counted."""
    return {
        "gen_ai.usage.input_tokens": tokens.prompt,
        "gen_ai.usage.output_tokens": tokens.completion,
        "gen_ai.usage.cache_read.input_tokens": tokens.cached if tokens.prompt is not None else None,
        "gen_ai.usage.cache_creation.input_tokens": tokens.cache_write if tokens.prompt is not None else None,
        "gen_ai.usage.reasoning.output_tokens": tokens.reasoning,
    }
