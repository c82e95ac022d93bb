"""OpenRouter with Google's models behind it, played strictly.

https://openrouter.ai/docs/api-reference/chat-completion, …/docs/use-cases/reasoning-tokens
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_requests as requests
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import Chat, media
from tests.conversations.fakes.gemini_rules import MEDIA, NAME
from tests.conversations.fakes.model import Answer
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import UNBOUNDED, Asked, Body, Refused, Rule, Traits

DOCS = "https://openrouter.ai/docs"
UPSTREAM = "upstream"
"""The code of errors that come from who serves the model: their text is in `metadata.raw`."""

STAND_IN = "skip_thought_signature_validator"


def _details_back(asked: Asked) -> Iterator[str]:
    """https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks: of every call that it made."""
    for index, message in requests.messages(asked, "assistant"):
        own = [asked.signed[key] for key in requests.keys_of(message) if key in asked.signed]
        given = [detail.get("data") for detail in message.get("reasoning_details") or ()]
        if own and own[0] not in given:
            yield (
                "Gemini models require OpenRouter reasoning details to be preserved in each request. Upstream error: "
                f"Function call is missing a thought_signature in functionCall parts. position {index}"
            )


class OpenRouter(Chat):
    name = "openrouter"
    path = "/api/v1"
    thoughts = "reasoning_details"
    usage_unasked = True
    models = {
        MODEL: Traits(thinks=True),
        "google/gemini-3.8-flash": Traits(thinks=True, longest=65_536),
        "openai/gpt-oss-120b": Traits(can=frozenset({"tools"}), longest=UNBOUNDED),
    }
    rules = (
        Rule(
            "temperature 0..2",
            f"{DOCS}/api-reference/parameters",
            chat.within("temperature", 0, 2, "{at}: Too big: expected number to be <={most}"),
        ),
        Rule(
            "top_p 0..1",
            f"{DOCS}/api-reference/parameters",
            chat.within("top_p", 0, 1, "{at}: Too big: expected number to be <={most}", open_low=True),
        ),
        Rule(
            "presence_penalty -2..2",
            f"{DOCS}/api-reference/parameters",
            chat.within("presence_penalty", -2, 2, "{at}: Too big: expected number to be <={most}"),
        ),
        Rule(
            "frequency_penalty -2..2",
            f"{DOCS}/api-reference/parameters",
            chat.within("frequency_penalty", -2, 2, "{at}: Too big: expected number to be <={most}"),
        ),
        Rule(
            "as many tokens as the model gives",
            f"{DOCS}/api-reference/parameters",
            chat.answer_length("max_tokens", "max_tokens must be between 1 and {most}"),
        ),
        Rule(
            "names of tools",
            "https://ai.google.dev/api/caching#FunctionDeclaration",
            tools.tool_names(NAME, "Invalid function name. Must start with a letter or an underscore. {value}"),
            code=UPSTREAM,
        ),
        Rule(
            "names of called tools",
            "https://ai.google.dev/api/caching#FunctionDeclaration",
            tools.called_names(NAME, "Invalid function name. Must start with a letter or an underscore. {value}"),
            code=UPSTREAM,
        ),
        Rule(
            "at most 4 stops",
            f"{DOCS}/api-reference/parameters",
            chat.at_most_stops(4, "stop: Too big: expected array to have <={most} items"),
        ),
        Rule(
            "something said",
            "https://github.com/cline/cline/issues/1335",
            said.no_empty_messages(("user", "assistant"), "{at}: contents.parts must not be empty."),
            code=UPSTREAM,
        ),
        Rule(
            "results for calls",
            "https://ai.google.dev/gemini-api/docs/function-calling",
            tools.results_for_calls(
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn.",
                "Please ensure that function response turn comes immediately after a function call turn.",
            ),
            code=UPSTREAM,
        ),
        Rule(
            "images of Google's kinds",
            "https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats",
            said.image_types(MEDIA, "Unsupported MIME type: {value}"),
            code=UPSTREAM,
        ),
        Rule(
            "files as PDF, audio of models for it",
            f"{DOCS}/features/multimodal/pdfs",
            media("Invalid input: '{value}'"),
        ),
        Rule(
            "thoughts come back",
            f"{DOCS}/use-cases/reasoning-tokens#preserving-reasoning-blocks",
            _details_back,
            code=UPSTREAM,
        ),
    )

    media = frozenset({"application/pdf", "https", "http"})

    def takes(self, model: str) -> frozenset[str]:
        return self.media | ({"audio/wav", "audio/mp3"} if model == "google/gemini-3.8-flash" else set())

    def thought(self, answer: Answer) -> Any:
        data = super().thought(answer)
        detail = {"type": "reasoning.encrypted", "data": data, "format": "google-gemini-v1", "index": 0}
        return [detail | ({"id": answer.calls[0].id} if answer.calls else {})]

    def error(self, refused: Refused) -> Body:
        if refused.code != UPSTREAM:
            return {"error": {"message": refused.words, "code": refused.status}, "user_id": "user_1"}
        raw = json.dumps({"error": {"code": 400, "message": refused.words, "status": "INVALID_ARGUMENT"}})
        metadata = {"raw": raw, "provider_name": "Google AI Studio"}
        return {"error": {"message": "Provider returned error", "code": 400, "metadata": metadata}, "user_id": "user_1"}
