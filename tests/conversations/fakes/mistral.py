"""Mistral, played strictly.

https://docs.mistral.ai/api/endpoint/chat; the checks of its open library, github.com/mistralai/mistral-common
"""

from collections.abc import Iterator

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_requests as requests
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import Chat
from tests.conversations.fakes.provider import MODEL
from tests.conversations.fakes.rules import UNBOUNDED, Asked, Body, Refused, Rule, Traits

API = "https://docs.mistral.ai/api/endpoint/chat"
COMMON = "https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py"
NAME = "[a-zA-Z0-9_-]{1,64}"
BAD_NAME = (
    "Function name was {value} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of "
    "64."
)
TOP = {
    "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "response_format",
    "tools",
    "tool_choice", "presence_penalty", "frequency_penalty", "n", "prediction", "parallel_tool_calls", "prompt_mode",
    "reasoning_effort", "safe_prompt", "metadata", "guardrails", "prompt_cache_key",
}  # fmt: skip
MESSAGE = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls", "prefix"},
    "tool": {"role", "content", "tool_call_id", "name"},
    "developer": set[str](),
    "function": set[str](),
}
ORDER = {
    "system": {"user", "assistant", "system"},
    "user": {"assistant", "system", "user"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool"},
}
EXTRA, RANGE = "extra_forbidden", "less_than_equal"
INVALID_ORDER, INVALID_ASSISTANT, INVALID_CALL = "3230", "3240", "3280"
TYPES = {
    INVALID_ORDER: "invalid_request_message_order",
    INVALID_ASSISTANT: "invalid_request_assistant_message",
    INVALID_CALL: "invalid_function_call",
}


def _roles(asked: Asked) -> Iterator[str]:
    for index, message in requests.messages(asked):
        if message["role"] not in ORDER:
            yield f"body.messages.{index}: Input tag '{message['role']}' found does not match any of the expected tags"


def _enough_said(asked: Asked) -> Iterator[str]:
    for _, message in requests.messages(asked, "assistant"):
        if not message.get("content") and not message.get("tool_calls"):
            yield "Assistant message must have either content or tool_calls, but not none."


class Mistral(Chat):
    name = "mistral"
    usage_unasked = True
    models = {
        MODEL: Traits(longest=UNBOUNDED),
        "ministral-8b-latest": Traits(efforts=frozenset()),
        "mistral-small-latest": Traits(efforts=frozenset({"none", "high"})),
        "mistral-large-latest": Traits(efforts=frozenset()),
        "codestral-latest": Traits(can=frozenset({"tools", "schema"}), efforts=frozenset()),
    }
    rules = (
        Rule("roles that it knows", API, _roles, 422, EXTRA),
        Rule(
            "efforts of the model",
            "https://docs.mistral.ai/capabilities/reasoning/adjustable",
            chat.efforts("reasoning_effort: Input should be one of: {known}"),
        ),
        Rule("fields that it knows", API, chat.known(TOP, MESSAGE, "{at}: Extra inputs are not permitted"), 422, EXTRA),
        Rule(
            "temperature 0..1.5",
            API,
            chat.within("temperature", 0, 1.5, "{at}: Input should be less than or equal to {most}"),
            422,
            RANGE,
        ),
        Rule(
            "top_p 0..1",
            API,
            chat.within("top_p", 0, 1, "{at}: Input should be less than or equal to {most}", open_low=True),
            422,
            RANGE,
        ),
        Rule(
            "presence_penalty -2..2",
            API,
            chat.within("presence_penalty", -2, 2, "{at}: Input should be less than or equal to {most}"),
            422,
            RANGE,
        ),
        Rule(
            "frequency_penalty -2..2",
            API,
            chat.within("frequency_penalty", -2, 2, "{at}: Input should be less than or equal to {most}"),
            422,
            RANGE,
        ),
        Rule(
            "choices that it knows",
            API,
            _choices := lambda asked: (
                [] if _known_choice(asked) else ["tool_choice: Input should be 'auto', 'none', 'any' or 'required'"]
            ),
            422,
            RANGE,
        ),
        Rule("names of tools", COMMON, tools.tool_names(NAME, BAD_NAME), code=INVALID_CALL),
        Rule("names of called tools", COMMON, tools.called_names(NAME, BAD_NAME), code=INVALID_CALL),
        Rule(
            "ids of 9 letters and digits",
            COMMON,
            tools.call_ids("[a-zA-Z0-9]{9}", "Tool call id was {value} but must be a-z, A-Z, 0-9, with a length of 9."),
            code=INVALID_CALL,
        ),
        Rule(
            "nobody but assistants after results",
            COMMON,
            said.order(ORDER, "Unexpected role '{role}' after role '{before}'"),
            code=INVALID_ORDER,
        ),
        Rule(
            "no assistant at the end",
            COMMON,
            said.last_role(
                {"user", "tool", "system"},
                "Expected last role User or Tool (or Assistant with prefix True) for serving but got {role}",
            ),
            code=INVALID_ORDER,
        ),
        Rule("something said", COMMON, _enough_said, code=INVALID_ASSISTANT),
        Rule(
            "results for calls",
            COMMON,
            tools.results_for_calls(
                "Not the same number of function calls and responses", "Unexpected tool call id in tool results"
            ),
            code=INVALID_ORDER,
        ),
        Rule(
            "images where the model sees",
            API,
            said.images_where_the_model_can("Image input is not enabled for this model"),
            code="3051",
        ),
    )

    def error(self, refused: Refused) -> Body:
        if refused.status == 422:
            at, _, words = refused.words.partition(": ")
            fault = {"type": refused.code, "loc": ["body", *at.split(".")], "msg": words, "input": None}
            said: object = {"detail": [fault]}
        else:
            said = refused.words
        kind = TYPES.get(refused.code or "", "invalid_request_error")
        return {"object": "error", "message": said, "type": kind, "param": None, "code": refused.code}


def _known_choice(asked: Asked) -> bool:
    choice = asked.body.get("tool_choice", "auto")
    return choice in ("auto", "none", "any", "required") or isinstance(choice, dict)
