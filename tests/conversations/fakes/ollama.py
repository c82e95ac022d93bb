"""Ollama's OpenAI-compatible server, played strictly.

https://docs.ollama.com/openai; its source, github.com/ollama/ollama/blob/main/openai/openai.go
"""

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import Chat
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import Rule, Traits

SOURCE = "https://github.com/ollama/ollama/blob/main/openai/openai.go"
MEDIA = {"image/jpeg", "image/jpg", "image/png", "image/webp", ""}


class Ollama(Chat):
    name = "ollama"
    keyless = True
    thoughts = "reasoning"
    models = {
        MODEL: Traits(),
        "gpt-oss:20b": Traits(can=frozenset({"tools", "schema"})),
        "qwen3:8b": Traits(can=frozenset({"tools", "schema"})),
        "qwen3-vl:8b": Traits(),
    }
    rules = (
        Rule("images as data", SOURCE, said.image_data_alone("invalid image input")),
        Rule("images of three kinds", SOURCE, said.image_types(MEDIA, "invalid image input")),
        Rule(
            "parts that it knows",
            SOURCE,
            said.kinds_of_parts(
                {role: {"text", "image_url"} for role in ("system", "user", "assistant", "tool")},
                "invalid message format",
            ),
        ),
        Rule("content unless there are calls", SOURCE, said.something_said("invalid message content type: <nil>")),
        Rule(
            "content that is given",
            SOURCE,
            said.content_given(("system", "user", "tool"), "invalid message content type: <nil>"),
        ),
        Rule("arguments that are objects", SOURCE, tools.object_arguments("invalid tool call arguments")),
        Rule(
            "images where the model sees",
            "https://github.com/ollama/ollama/issues/10727",
            said.images_where_the_model_can("this model is missing data required for image input"),
        ),
    )
