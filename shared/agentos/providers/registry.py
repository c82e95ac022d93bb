"""The wire formats by their names in the configuration. An adapter is imported when it is first used."""

from importlib import import_module

from agentos.providers.adapter import Adapter

FORMATS = {
    "openai": "agentos.providers.openai.adapter:OpenAI",
    "openai-responses": "agentos.providers.openai_responses.adapter:Responses",
    "gemini": "agentos.providers.gemini.adapter:Gemini",
    "anthropic": "agentos.providers.anthropic.adapter:Anthropic",
    "bedrock": "agentos.providers.bedrock.adapter:Bedrock",
    "echo": "agentos.providers.echo:Echo",
}


def adapter(wire_format: str) -> Adapter:
    """The adapter of a wire format."""
    module, _, name = FORMATS[wire_format].partition(":")
    made: Adapter = getattr(import_module(module), name)()
    return made
