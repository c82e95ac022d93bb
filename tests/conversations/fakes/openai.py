"""OpenAI, played strictly.

https://platform.openai.com/docs/api-reference/chat/create; its specification: github.com/openai/openai-openapi
"""

from collections.abc import Iterator

from tests.conversations.fakes import chat_message_rules as said
from tests.conversations.fakes import chat_rules as chat
from tests.conversations.fakes import chat_tool_rules as tools
from tests.conversations.fakes.chat import REFUSAL, Chat, media
from tests.conversations.fakes.model import Answer, ScriptedModel
from tests.conversations.fakes.openai_schemas import MEDIA, NAME, strict
from tests.conversations.fakes.provider import MODEL, Request, Sent
from tests.conversations.fakes.responses import Responses
from tests.conversations.fakes.rules import Asked, Body, Rule, Traits
from tests.conversations.fakes.typed import Typed
from tests.support.sdks import openai

SPEC = "https://github.com/openai/openai-openapi/blob/master/openapi.yaml"
GUIDE = "https://platform.openai.com/docs/guides"
WHOLE = Typed(lambda: openai.types.chat.completion_create_params.CompletionCreateParamsNonStreaming)
STREAMED = Typed(lambda: openai.types.chat.completion_create_params.CompletionCreateParamsStreaming)
NO_MATCH = (
    "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
)


def _typed(asked: Asked) -> Iterator[str]:
    """What the SDK, made from the specification, does not know."""
    if words := (STREAMED if asked.streamed else WHOLE).fault(asked.body):
        yield f"Unrecognized request argument supplied: {words}"


def _stream_options(asked: Asked) -> Iterator[str]:
    if "stream_options" in asked.body and not asked.streamed:
        yield "The 'stream_options' parameter is only allowed when 'stream' is enabled."


def _no_tools_while_it_reasons(asked: Asked) -> Iterator[str]:
    if asked.body.get("tools") and asked.body["model"] in TOOLS_IN_RESPONSES:
        yield "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions."


TOOLS_IN_RESPONSES = {"gpt-6-luna"}
"""Models that have function tools in Responses alone."""


class OpenAI(Chat):
    """Both of its APIs: Chat Completions, and Responses."""

    name = "openai"
    models = {
        MODEL: Traits(),
        "gpt-4o-mini": Traits(longest=16_384, description=1024, efforts=frozenset()),
        "gpt-5.4-mini": Traits(
            frozenset({"stop", "max_tokens"}), longest=128_000,
            efforts=frozenset({"none", "low", "medium", "high", "xhigh"})),
        "gpt-6-luna": Traits(
            frozenset({"temperature", "top_p", "stop", "max_tokens", "presence_penalty", "frequency_penalty",
                       "logit_bias",
                       "logprobs", "top_logprobs"}),
            longest=128_000, efforts=frozenset({"none", "low", "medium", "high", "xhigh", "max"})),
    }  # fmt: skip
    rules = (
        Rule("fields that it knows", SPEC, _typed),
        Rule("stream_options for streams alone", SPEC, _stream_options),
        Rule(
            "parameters of the model",
            f"{GUIDE}/latest-model",
            chat.what_the_model_refuses("Unsupported parameter: '{at}' is not supported with this model."),
            code="unsupported_parameter",
        ),
        Rule(
            "temperature 0..2",
            SPEC,
            chat.within("temperature", 0, 2, "Invalid 'temperature': decimal above maximum value."),
        ),
        Rule(
            "efforts of the model",
            "https://github.com/pydantic/pydantic-ai/issues/7081",
            chat.efforts(
                "Unsupported value: '{value}' is not supported with this model. Supported values are: {known}."
            ),
            code="unsupported_value",
        ),
        Rule("top_p 0..1", SPEC, chat.within("top_p", 0, 1, "Invalid 'top_p': decimal above maximum value.")),
        Rule("presence_penalty -2..2", SPEC, chat.within("presence_penalty", -2, 2, "Invalid '{at}'.")),
        Rule("frequency_penalty -2..2", SPEC, chat.within("frequency_penalty", -2, 2, "Invalid '{at}'.")),
        Rule("top_logprobs 0..20", SPEC, chat.within("top_logprobs", 0, 20, "Invalid '{at}'.")),
        Rule(
            "at most 4 stops",
            SPEC,
            chat.at_most_stops(
                4,
                "Invalid 'stop': array too long. Expected an array with maximum length {most}, but got an array with "
                "length {value} instead.",
            ),
            code="array_above_max_length",
        ),
        Rule(
            "as many tokens as the model gives",
            SPEC,
            chat.answer_length(
                "max_completion_tokens",
                "max_tokens is too large: {value}. This model supports at most {most} completion tokens.",
            ),
        ),
        Rule(
            "no functions while it reasons",
            "https://github.com/onyx-dot-app/onyx/issues/15008",
            _no_tools_while_it_reasons,
        ),
        Rule("names of tools", SPEC, tools.tool_names(NAME, NO_MATCH), code="invalid_value"),
        Rule("names of called tools", SPEC, tools.called_names(NAME, NO_MATCH), code="invalid_value"),
        Rule(
            "ids of at most 40 characters",
            "https://github.com/vercel/ai/issues/5171",
            tools.call_ids("(?s).{0,40}", "Invalid '{at}': string too long. Expected a string with maximum length 40."),
            code="string_above_max_length",
        ),
        Rule(
            "ids that are not empty",
            SPEC,
            tools.call_ids(
                "(?s).+",
                "Invalid '{at}': empty string. Expected a string with minimum length 1, but got an empty string "
                "instead.",
            ),
            code="empty_string",
        ),
        Rule("ids of their own", SPEC, tools.distinct_ids("Duplicate value for 'tool_call_id'.")),
        Rule(
            "at most 128 tools",
            SPEC,
            tools.at_most_tools(128, "Invalid 'tools': array too long. Expected an array with maximum length {most}."),
        ),
        Rule(
            "some tools if any",
            SPEC,
            tools.no_empty_tools("Invalid 'tools': empty array. Expected an array with minimum length 1."),
        ),
        Rule(
            "choices only among tools",
            SPEC,
            chat.needs_tools(
                ("tool_choice", "parallel_tool_calls"), "'{at}' is only allowed when 'tools' are specified."
            ),
        ),
        Rule(
            "descriptions of at most 1024 characters",
            "https://github.com/getsentry/sentry-mcp/issues/106",
            tools.short_descriptions("Invalid '{at}': string too long. Expected a string with maximum length {most}."),
            code="string_above_max_length",
        ),
        Rule(
            "parameters of an object",
            SPEC,
            tools.object_parameters(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'."
            ),
            code="invalid_function_parameters",
        ),
        Rule(
            "arrays that say of what",
            "https://community.openai.com/t/array-schema-missing-items/717218",
            tools.items_of_arrays("Invalid schema for function '{name}': array schema missing items."),
            code="invalid_function_parameters",
        ),
        Rule(
            "results for calls",
            f"{GUIDE}/function-calling",
            tools.results_for_calls(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                "'tool_call_id'. The following tool_call_ids did not have response messages: {ids}",
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'.",
            ),
        ),
        Rule("something said", SPEC, said.something_said("Invalid value for 'content': expected a string, got null.")),
        Rule(
            "content that is given",
            SPEC,
            said.content_given(
                ("system", "developer", "user", "tool"), "Invalid value for '{at}': expected a string, got null."
            ),
        ),
        Rule(
            "names of speakers",
            "https://community.openai.com/t/message-name-pattern/345011",
            said.speakers(r"[^\s<|\\/>]{1,64}", "Invalid '{at}': string does not match pattern."),
        ),
        Rule(
            "images of four kinds",
            f"{GUIDE}/images-vision",
            said.image_types(
                MEDIA,
                "You uploaded an unsupported image. Please make sure your image is below 20 MB in size and is of one "
                "the following formats: ['png', 'jpeg', 'gif', 'webp'].",
                sniffed=True,
            ),
            code="invalid_image_format",
        ),
        Rule(
            "files as PDF, audio of models for it",
            f"{GUIDE}/file-inputs",
            media("Invalid file data: '{value}' is not supported with this model."),
            code="invalid_value",
        ),
        Rule(
            "the word JSON",
            f"{GUIDE}/structured-outputs#json-mode",
            chat.word_json(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            ),
        ),
        Rule("a schema's name", SPEC, chat.schema_names(NAME, NO_MATCH)),
        Rule("strict schemas", f"{GUIDE}/structured-outputs#supported-schemas", chat.strict_schema(strict)),
    )

    media = frozenset({"application/pdf"})

    def __init__(self, model: ScriptedModel) -> None:
        super().__init__(model)
        self.responses = Responses(model)

    def takes(self, model: str) -> frozenset[str]:
        return self.responses.media if model in ("gpt-5.4-mini", "gpt-6-luna") else self.media

    def reply(self, request: Request) -> Sent:
        if self.outage or request.path != f"{self.path}/responses":
            return super().reply(request)
        self.responses.signed, self.responses.refusals = self.signed, self.refusals
        return self.responses.reply(request)

    def refused_message(self, answer: Answer) -> Body:
        if answer.finish != "refused" or answer.text:
            return {"refusal": None}
        return {"refusal": REFUSAL}

    def _reason(self, answer: Answer) -> str:
        """A model that refuses by itself stops; a filter that cuts it off says so."""
        return super()._reason(answer) if answer.finish != "refused" or answer.text else "stop"

    def prepare(self) -> None:
        WHOLE.prepare()
        STREAMED.prepare()
        self.responses.prepare()
