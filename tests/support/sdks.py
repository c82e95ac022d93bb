"""The vendors' SDKs and LangChain, each imported at its first use.

An SDK takes up to three seconds to import. Every process of a run imports every test file, and few need one.
"""

from importlib import import_module
from typing import Any


class _Late:
    """Looks like the module, and imports it when an attribute is read."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest reads some of every global
            raise AttributeError(name)
        return getattr(import_module(self._module), name)


anthropic: Any = _Late("anthropic")
genai: Any = _Late("google.genai")
genai_types: Any = _Late("google.genai.types")
langchain_messages: Any = _Late("langchain_core.messages")
langchain_openai: Any = _Late("langchain_openai")
langchain_tools: Any = _Late("langchain_core.tools")
openai: Any = _Late("openai")
