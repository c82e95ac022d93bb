"""Wire formats, one file each, and the registry that names them. An adapter is imported when first used."""

from importlib import import_module

from agentos.providers.base import Adapter

FORMATS = {
    "openai": "agentos.providers.openai:OpenAI",
    "gemini": "agentos.providers.gemini:Gemini",
    "anthropic": "agentos.providers.anthropic:Anthropic",
    "bedrock": "agentos.providers.bedrock:Bedrock",
    "echo": "agentos.providers.echo:Echo",
}


def adapter(wire_format: str) -> Adapter:
    """The adapter of a wire format that configuration may name."""
    module, _, name = FORMATS[wire_format].partition(":")
    made: Adapter = getattr(import_module(module), name)()
    return made
