"""A chat request of OpenAI's clients as a request of the routing layer.

It is lenient where the rest of the API is strict, because OpenAI's clients expect that. What is not carried is noted;
what would change the answer if it were ignored is refused.

https://platform.openai.com/docs/api-reference/chat/create
"""

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.openai_chat_messages import ChatMessage, MessageReader
from agentos.api.openai_chat_tools import read_choice, read_function_call, read_functions, read_tools
from agentos.api.openai_errors import NAMES, PARAMETERS
from agentos.domain import GivenParameters, Tool
from agentos.domain.requests import CompletionRequest
from agentos.kernel.errors import InvalidRequest, Unsupported
from agentos.kernel.validation import validated

Json = dict[str, Any]

SYNONYMS = {"maxTokens": "max_completion_tokens", "user": "safety_identifier"}
"""OpenAI's newer names of two parameters. They win over the older ones."""


class StreamOptions(Lenient):
    """`include_usage` adds an event with the usage."""

    include_usage: bool = False


@dataclass(frozen=True)
class ChatForm:
    """How the answer is written. `functions`: the client knows `function_call` alone, the form before `tool_calls`."""

    notes: tuple[str, ...] = ()
    functions: bool = False
    include_usage: bool = False


class ChatRequest(Lenient):
    """Body of `POST /v1/chat/completions`. Parameters of answering are among the fields that are not declared here."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    tools: list[Any] | None = None
    tool_choice: Any = None
    functions: list[Any] | None = None
    function_call: Any = None
    n: int | None = None
    modalities: list[str] | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: Json | None = None
    prompt_cache_key: str | None = None

    def neutral(self) -> tuple[CompletionRequest, ChatForm]:
        """The request in the terms that every door shares, and the form of its answer.

        Raises InvalidRequest, Unsupported.
        """
        self._refuse_other_answers()
        notes = DoorNotes()
        tools, choice = self._tools(notes)
        messages = MessageReader(notes).read(self.messages)
        parameters = self._parameters(choice, notes)
        request = CompletionRequest(
            door="chat_completions",
            model=self.model,
            messages=messages,
            parameters=parameters,
            tools=tools,
            metadata=self.metadata or {},
            show_reasoning=parameters.include_reasoning is not False,
            cache_key=self.prompt_cache_key,
        )
        if self.store:
            notes.add("store", "left out: nothing is stored here")
        options = self.stream_options or StreamOptions()
        notes.unknown(options.model_extra, "stream_options.")
        return request, ChatForm(tuple(notes), self._in_old_form, options.include_usage)

    @property
    def _in_old_form(self) -> bool:
        """Whether the client knows `functions` alone."""
        return self.functions is not None and self.tools is None

    def _refuse_other_answers(self) -> None:
        """Raises Unsupported for what would be another answer than the one that is given."""
        if self.n not in (None, 1):
            raise Unsupported("n: only one choice is given.", {"capability": "n"})
        if self.modalities not in (None, [], ["text"]):
            raise Unsupported("modalities: answers are text alone.", {"capability": "modalities"})

    def _tools(self, notes: DoorNotes) -> tuple[tuple[Tool, ...] | None, Any]:
        """The tools, None for an agent's own, and which of them must be called."""
        if self._in_old_form:
            notes.unknown({"tool_choice": self.tool_choice})
            functions = read_functions(self.functions or [], notes)
            return functions, read_function_call(self.function_call, functions)
        if self.functions:
            notes.add("functions", "left out: there are tools beside them")
        if self.function_call is not None:
            read_function_call(self.function_call, ())
        return None if self.tools is None else read_tools(self.tools, notes), read_choice(self.tool_choice)

    def _parameters(self, choice: Any, notes: DoorNotes) -> GivenParameters:
        given = {} if choice is None else {"toolChoice": choice}
        if self._in_old_form:
            given["parallelToolCalls"] = False  # an answer in that form has one call at most
        return read_parameters(self.model_extra or {}, given, notes)


def read_parameters(fields: Json, given: Json, notes: DoorNotes) -> GivenParameters:
    """The parameters among the fields, over those that are given. Whatever else they hold is noted.

    Raises InvalidRequest.
    """
    given, names = dict(given), dict(PARAMETERS)
    left = {name: value for name, value in fields.items() if value is not None}
    for ours, theirs in PARAMETERS.items():
        value, newer = left.pop(theirs, None), SYNONYMS.get(ours, "")
        if newer in left:
            value, names[ours] = left.pop(newer), newer
        if value is not None and not _is_default(theirs, value):
            given[ours] = value
    notes.unknown(left)
    try:
        return validated(GivenParameters, given)
    except InvalidRequest as error:
        raise NAMES.in_error(error, names) from error


def _is_default(name: str, value: Any) -> bool:
    """Whether a value asks for nothing."""
    return (name, value) in (("response_format", {"type": "text"}), ("service_tier", "auto"))
