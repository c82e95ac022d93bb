"""Groq, played strictly.

https://console.groq.com/docs/api-reference#chat-create, …/docs/openai
"""

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import Chat
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import Body, Refused, Rule, Traits

DOCS = "https://console.groq.com/docs"
API = f"{DOCS}/api-reference#chat-create"
NAME = "[a-zA-Z0-9_-]{1,64}"
TOP = {
    "model", "messages", "temperature", "top_p", "max_completion_tokens", "max_tokens", "stream", "stream_options",
    "stop", "seed", "response_format", "tools", "tool_choice", "parallel_tool_calls", "presence_penalty",
    "frequency_penalty", "n", "user", "service_tier", "reasoning_effort", "reasoning_format", "include_reasoning",
    "logprobs", "top_logprobs",
    "logit_bias", "metadata", "store", "functions", "function_call", "citation_options", "compound_custom",
    "disable_tool_validation", "documents", "exclude_domains", "include_domains", "search_settings",
}  # fmt: skip
MESSAGE = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "tool_calls", "function_call", "reasoning"},
    "tool": {"role", "content", "tool_call_id", "name"},
    "function": {"role", "content", "name"},
}
UNSUPPORTED = "property '{at}' is unsupported"


class Groq(Chat):
    name = "groq"
    path = "/openai/v1"
    thoughts = "reasoning"
    models = {
        MODEL: Traits(longest=65_536),
        "openai/gpt-oss-120b": Traits(can=frozenset({"tools", "schema"}), longest=65_536),
        "openai/gpt-oss-20b": Traits(can=frozenset({"tools", "schema"}), longest=65_536),
        "qwen/qwen3.8-27b": Traits(longest=16_384),
    }
    rules = (
        Rule(
            "fields that it knows",
            "https://github.com/tashfeenahmed/freellmapi/issues/1070",
            chat.known(TOP, MESSAGE, UNSUPPORTED),
        ),
        Rule(
            "temperature 0..2", API, chat.within("temperature", 0, 2, "'temperature' : number must be at most {most}")
        ),
        Rule("top_p 0..1", API, chat.within("top_p", 0, 1, "'top_p' : number must be at most {most}")),
        Rule(
            "presence_penalty -2..2",
            API,
            chat.within("presence_penalty", -2, 2, "'{at}' : number must be at most {most}"),
        ),
        Rule(
            "frequency_penalty -2..2",
            API,
            chat.within("frequency_penalty", -2, 2, "'{at}' : number must be at most {most}"),
        ),
        Rule(
            "no logprobs",
            f"{DOCS}/openai#currently-unsupported-openai-features",
            chat.not_given(("logprobs", "top_logprobs", "logit_bias"), "'{at}' is not supported with this model"),
        ),
        Rule("at most 4 stops", API, chat.at_most_stops(4, "'stop' : maximum number of items is {most}")),
        Rule(
            "as many tokens as the model gives",
            API,
            chat.answer_length(
                "max_completion_tokens",
                "`max_completion_tokens` must be less than or equal to `{most}`, the maximum value for this model",
            ),
        ),
        Rule("at most 128 tools", API, tools.at_most_tools(128, "'tools' : maximum number of items is {most}")),
        Rule("names of tools", API, tools.tool_names(NAME, "'{at}' : value does not match the pattern")),
        Rule("names of called tools", API, tools.called_names(NAME, "'{at}' : value does not match the pattern")),
        Rule("tools of their own names", API, tools.distinct_tools("tools must have unique names")),
        Rule(
            "the word JSON",
            f"{DOCS}/structured-outputs#json-object-mode",
            chat.word_json(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            ),
        ),
        Rule(
            "no JSON mode with tools",
            "https://github.com/BerriAI/litellm/issues/11001",
            chat.no_form_with_tools(("json_object",), "json mode cannot be combined with tool/function calling"),
        ),
        Rule(
            "images where the model sees",
            f"{DOCS}/vision",
            said.images_where_the_model_can("{at} : content must be a string"),
        ),
        Rule(
            "content that is given",
            API,
            said.content_given(("system", "developer", "user", "tool"), "'{at}' : value is required"),
        ),
        Rule("something said", API, said.something_said("'{at}' : one of content and tool_calls is required")),
        Rule(
            "results for calls",
            f"{DOCS}/tool-use",
            tools.results_for_calls(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'.",
                "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
            ),
        ),
    )

    def error(self, refused: Refused) -> Body:
        code: Body = {"code": refused.code} if refused.code else {}
        return {"error": {"message": refused.words, "type": "invalid_request_error", **code}}
