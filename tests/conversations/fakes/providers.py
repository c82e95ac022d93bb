"""The fakes by the names of their providers."""

from tests.conversations.fakes.anthropic import Anthropic
from tests.conversations.fakes.bedrock import Bedrock
from tests.conversations.fakes.deepseek import DeepSeek
from tests.conversations.fakes.gemini import Gemini
from tests.conversations.fakes.glm import GLM
from tests.conversations.fakes.groq import Groq
from tests.conversations.fakes.hosts import Google, Together
from tests.conversations.fakes.mistral import Mistral
from tests.conversations.fakes.ollama import Ollama
from tests.conversations.fakes.openai import OpenAI
from tests.conversations.fakes.openrouter import OpenRouter
from tests.conversations.fakes.provider import FakeProvider
from tests.conversations.fakes.responses import Azure

HOSTS: dict[str, type[FakeProvider]] = {fake.name: fake for fake in (Google, Together)}
"""Others at which a model needs back what came with its calls."""

PROVIDERS: dict[str, type[FakeProvider]] = {
    fake.name: fake
    for fake in (OpenAI, Azure, Gemini, Anthropic, Bedrock, DeepSeek, Mistral, OpenRouter, GLM, Groq, Ollama)
}
