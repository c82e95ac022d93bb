"""DeepSeek, played strictly.

https://api-docs.deepseek.com/api/create-chat-completion, …/guides/thinking_mode
"""

from collections.abc import Iterator

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_requests as requests
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import Chat
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import Asked, Body, Refused, Rule, Traits

DOCS = "https://api-docs.deepseek.com"
NAME = "[a-zA-Z0-9_-]{1,64}"
SEQUENCE = (
    "Failed to deserialize the JSON body into the target type: messages[{index}]: invalid type: sequence, expected a "
    "string"
)
ROLES = ("system", "user", "assistant", "tool", "latest_reminder")
PENALTY = "Invalid {at} value, the valid range of {at} is [{low}, {most}]"


def _roles(asked: Asked) -> Iterator[str]:
    for index, message in requests.messages(asked):
        if message["role"] not in ROLES:
            yield (
                f"Failed to deserialize the JSON body into the target type: messages[{index}].role: unknown variant "
                f"`{message['role']}`, expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder`"
            )


def _no_forced_tool(asked: Asked) -> Iterator[str]:
    if asked.model.thinks and asked.body.get("tool_choice") not in (None, "auto", "none"):
        yield "This model does not support this tool_choice while thinking is enabled."


class DeepSeek(Chat):
    name = "deepseek"
    path = ""
    thoughts = "reasoning_content"
    models = {
        MODEL: Traits(thinks=True, can=frozenset({"tools", "images"}), longest=384_000),
        "deepseek-flash": Traits(thinks=True, can=frozenset({"tools", "images"}), longest=384_000),
        "deepseek-v4-pro": Traits(thinks=True, can=frozenset({"tools"}), longest=384_000),
    }
    rules = (
        Rule("roles that it knows", "https://github.com/decolua/9router/issues/773", _roles),
        Rule("temperature 0..2", f"{DOCS}/api/create-chat-completion", chat.within("temperature", 0, 2, PENALTY)),
        Rule("top_p 0..1", f"{DOCS}/api/create-chat-completion", chat.within("top_p", 0, 1, PENALTY, open_low=True)),
        Rule(
            "presence_penalty -2..2",
            f"{DOCS}/api/create-chat-completion",
            chat.within("presence_penalty", -2, 2, PENALTY),
        ),
        Rule(
            "frequency_penalty -2..2",
            f"{DOCS}/api/create-chat-completion",
            chat.within("frequency_penalty", -2, 2, PENALTY),
        ),
        Rule(
            "as many tokens as the model gives",
            f"{DOCS}/api/create-chat-completion",
            chat.answer_length("max_tokens", "Invalid max_tokens value, the valid range of max_tokens is [1, {most}]"),
        ),
        Rule(
            "at most 16 stops",
            f"{DOCS}/api/create-chat-completion",
            chat.at_most_stops(16, "Invalid stop value, at most {most} sequences"),
        ),
        Rule(
            "names of tools",
            f"{DOCS}/api/create-chat-completion",
            tools.tool_names(
                NAME,
                "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern "
                "'^[a-zA-Z0-9_-]+$'.",
            ),
        ),
        Rule(
            "names of called tools",
            f"{DOCS}/api/create-chat-completion",
            tools.called_names(
                NAME,
                "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern "
                "'^[a-zA-Z0-9_-]+$'.",
            ),
        ),
        Rule(
            "at most 128 tools",
            f"{DOCS}/api/create-chat-completion",
            tools.at_most_tools(128, "Too many tools: at most {most}"),
        ),
        Rule(
            "text or JSON",
            f"{DOCS}/guides/json_mode",
            chat.forms({"text", "json_object"}, "This response_format type is unavailable now"),
        ),
        Rule(
            "the word JSON",
            f"{DOCS}/guides/json_mode",
            chat.word_json(
                "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'."
            ),
        ),
        Rule(
            "strings where there is no image",
            "https://github.com/deepseek-ai/DeepSeek-V3/issues/1037",
            said.lists_only_with_images(SEQUENCE),
        ),
        Rule(
            "strings but from users",
            "https://github.com/deepseek-ai/DeepSeek-V3/issues/1037",
            said.string_content(("system", "assistant", "tool"), SEQUENCE),
        ),
        Rule(
            "images where the model sees",
            f"{DOCS}/quick_start/pricing",
            said.images_where_the_model_can(
                "Failed to deserialize the JSON body into the target type: {at}: unknown variant `image_url`, "
                "expected `text`"
            ),
        ),
        Rule(
            "something said",
            f"{DOCS}/api/create-chat-completion",
            said.something_said("Invalid assistant message: content or tool_calls must be set"),
        ),
        Rule(
            "results for calls",
            f"{DOCS}/guides/function_calling",
            tools.results_for_calls(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'. (insufficient tool messages following tool_calls message)",
                "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
            ),
        ),
        Rule(
            "thoughts come back",
            f"{DOCS}/guides/thinking_mode#tool-calls",
            chat.thoughts_back(
                "reasoning_content",
                "The `reasoning_content` in the thinking mode must be passed back to the API.",
                always=True,
            ),
        ),
        Rule(
            "no forced tool while it thinks", "https://github.com/deepseek-ai/DeepSeek-V3/issues/1376", _no_forced_tool
        ),
    )

    def error(self, refused: Refused) -> Body:
        kind = refused.code or "invalid_request_error"
        return {"error": {"message": refused.words, "type": "invalid_request_error", "param": None, "code": kind}}
