"""Zhipu's GLM at Z.ai, played strictly.

https://docs.z.ai/api-reference/llm/chat-completion, …/api-reference/api-code
"""

from collections.abc import Iterator

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_requests as requests
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import Chat
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import Asked, Body, Refused, Rule, Traits

API = "https://docs.z.ai/api-reference/llm/chat-completion"
PARAMETER, MESSAGES = "1210", "1214"
"""Its codes for a parameter and for messages that are not legal."""

NAME = "[a-zA-Z0-9_-]{1,64}"


def _users_speak(asked: Asked) -> Iterator[str]:
    """ "The input must not consist of system messages or assistant messages only"."""
    if {message["role"] for _, message in requests.messages(asked)} <= {"system", "assistant"}:
        yield "The messages parameter is illegal. Please check the documentation."


class GLM(Chat):
    name = "glm4"
    path = "/api/paas/v4"
    thoughts = "reasoning_content"
    usage_unasked = True
    models = {
        MODEL: Traits(thinks=True, can=frozenset({"tools", "images"}), longest=128_000),
        "glm-5.3-flash": Traits(thinks=True, can=frozenset({"tools", "images"}), longest=128_000),
        "glm-5.3": Traits(thinks=True, can=frozenset({"tools"}), longest=128_000),
    }
    rules = (
        Rule(
            "temperature 0..1",
            API,
            chat.within("temperature", 0, 1, "The temperature parameter is illegal.：限制数值范围[0,1]"),
            code=PARAMETER,
        ),
        Rule(
            "top_p 0.01..1",
            API,
            chat.within("top_p", 0.01, 1, "top_p: {value} is out of range [0.01, 1]"),
            code=PARAMETER,
        ),
        Rule("one stop", API, chat.at_most_stops(1, "stop: only {most} stop word is supported"), code=PARAMETER),
        Rule(
            "as many tokens as the model gives",
            API,
            chat.answer_length("max_tokens", "max_tokens: {value} is out of range [1, {most}]"),
            code=PARAMETER,
        ),
        Rule("at most 128 tools", API, tools.at_most_tools(128, "tools: at most {most} functions"), code=PARAMETER),
        Rule(
            "names of tools", API, tools.tool_names(NAME, "{at}: {value} is not a legal function name"), code=PARAMETER
        ),
        Rule(
            "names of called tools",
            API,
            tools.called_names(NAME, "{at}: {value} is not a legal function name"),
            code=PARAMETER,
        ),
        Rule(
            "tools chosen by the model",
            API,
            tools.only_choices(("auto",), "tool_choice: only auto is supported"),
            code=PARAMETER,
        ),
        Rule(
            "text or JSON",
            API,
            chat.forms({"text", "json_object"}, "response_format.type: {value} is not supported"),
            code=PARAMETER,
        ),
        Rule("a user among those who speak", API, _users_speak, code=MESSAGES),
        Rule(
            "something said",
            "https://github.com/songquanpeng/one-api/issues/1153",
            said.no_empty_messages(
                ("system", "user", "assistant"), "{at}: content and tool_calls cannot both be empty"
            ),
            code=MESSAGES,
        ),
        Rule(
            "texts in parts",
            "https://github.com/agentscope-ai/QwenPaw/issues/287",
            said.no_empty_texts("{at}.text: text cannot be empty"),
            code=MESSAGES,
        ),
        Rule(
            "images where the model sees",
            "https://github.com/BigPizzaV3/CodexPlusPlus/issues/1760",
            said.images_where_the_model_can("messages.content.type is illegal, expected one of ['text']"),
            code=PARAMETER,
        ),
        Rule(
            "results for calls",
            API,
            tools.results_for_calls(
                "The messages parameter is illegal. Please check the documentation.",
                "The messages parameter is illegal. Please check the documentation.",
            ),
            code=MESSAGES,
        ),
        Rule(
            "thoughts come back",
            "https://docs.z.ai/guides/capabilities/thinking-mode",
            chat.thoughts_back("reasoning_content", "{at}: reasoning_content must be returned unmodified"),
            code=MESSAGES,
        ),
    )

    def error(self, refused: Refused) -> Body:
        return {"error": {"code": refused.code or str(refused.status), "message": refused.words}}

    def _reason(self, answer):  # type: ignore[no-untyped-def]
        return "sensitive" if answer.finish == "refused" else super()._reason(answer)
