"""Two more hosts of models that need back what came with their calls, played as far as that goes.

https://ai.google.dev/gemini-api/docs/openai, https://docs.together.ai/docs/deepseek-v4-quickstart
"""

from collections.abc import Iterator

from tests.conversations.fakes import chat_requests as requests
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes.chat import Chat
from tests.conversations.fakes.model import Call
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import UNBOUNDED, Asked, Body, Rule, Traits, call_key, signature_of


def _signatures(asked: Asked) -> Iterator[str]:
    """At the first call of an answer, and at the place where it came."""
    for index, message in requests.messages(asked, "assistant"):
        for call, key in zip(message.get("tool_calls") or (), requests.keys_of(message), strict=False):
            given = ((call.get("extra_content") or {}).get("google") or {}).get("thought_signature")
            if key in asked.signed and given != asked.signed[key]:
                yield f"Function call is missing a thought_signature in functionCall parts. position {index}"


class Google(Chat):
    """Google's own endpoint of this format."""

    name = "google"
    path = "/v1beta/openai"
    models = {MODEL: Traits(thinks=True, longest=UNBOUNDED), "gemini-3.8-flash": Traits(thinks=True, longest=UNBOUNDED)}
    rules = (Rule("signatures come back", "https://ai.google.dev/gemini-api/docs/thought-signatures", _signatures),)

    def call(self, call: Call, place: int) -> Body:
        if place:  # of parallel calls the first alone is signed
            return super().call(call, place)
        signature = signature_of(self.name, call.name, call.arguments)
        self.signed[call_key(call.name, call.arguments)] = signature
        return {**super().call(call, place), "extra_content": {"google": {"thought_signature": signature}}}


class Together(Chat):
    """A host of DeepSeek's models."""

    name = "together"
    thoughts = "reasoning_content"
    models = {
        MODEL: Traits(thinks=True),
        "deepseek-ai/DeepSeek-V4.1-Flash": Traits(thinks=True, can=frozenset({"tools", "schema"}), longest=UNBOUNDED),
    }
    rules = (
        Rule(
            "thoughts come back",
            "https://api-docs.deepseek.com/guides/thinking_mode#tool-calls",
            chat.thoughts_back(
                "reasoning_content", "The `reasoning_content` in the thinking mode must be passed back to the API."
            ),
        ),
    )
