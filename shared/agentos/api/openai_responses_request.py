"""A Responses request of OpenAI's clients as a request of the routing layer.

It is lenient where the rest of the API is strict, because OpenAI's clients expect that. What is not carried is noted;
what would change the answer if it were ignored is refused.

https://platform.openai.com/docs/api-reference/responses/create
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from pydantic import Field

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.openai_responses_items import ItemReader
from agentos.api.openai_responses_parameters import PLAIN, read_parameters, shown_reasoning, shown_text
from agentos.api.openai_responses_tools import read_tools
from agentos.domain import GivenParameters, Message, Reply, Tool
from agentos.domain.requests import CompletionRequest
from agentos.kernel.errors import InvalidRequest, Unsupported

Json = dict[str, Any]

AGENT = "agent:"
ENCRYPTED = "reasoning.encrypted_content"

_READ_BY_NAME = {*PLAIN.values(), "safety_identifier", "user", "text", "reasoning"}


class ResponseForm(NamedTuple):
    """How the answer is written. `shown`: the fields of the request that a response repeats. `summary`: the model's
    thoughts are handed on as text, `encrypted`: sealed, for the client to send back."""

    shown: Json
    notes: tuple[str, ...] = ()
    summary: bool = False
    encrypted: bool = False


class ReadRequest(NamedTuple):
    """What a request asks for."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] | None
    parameters: GivenParameters
    form: ResponseForm


class ResponsesRequest(Lenient):
    """Body of `POST /v1/responses`. Parameters of answering are among the fields that are not declared here."""

    model: str
    input: Any
    instructions: str | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    include: list[str] | None = None
    metadata: Json | None = None
    store: bool | None = None
    stream: bool | None = None
    stream_options: Json | None = None
    background: bool | None = None
    previous_response_id: str | None = Field(default=None, max_length=256)
    conversation: Any = None
    prompt: Any = None
    truncation: Literal["auto", "disabled"] | None = None
    prompt_cache_key: str | None = None
    max_tool_calls: int | None = None

    @property
    def words(self) -> str | None:
        """The instructions, if they say anything."""
        return self.instructions if self.instructions and self.instructions.strip() else None

    @property
    def stored(self) -> bool:
        """Whether the response is kept: as at OpenAI, unless the client says otherwise."""
        return self.store is not False

    @property
    def later(self) -> bool:
        """Whether it is answered in the background."""
        return self.background is True and not self.stream

    def neutral(self) -> tuple[CompletionRequest, ResponseForm]:
        """The request in the terms that every door shares, without what it goes on from, and the form of its answer.

        Raises InvalidRequest, Unsupported.
        """
        read = self.read()
        first = (Message(role="system", content=self.words),) if self.words else ()
        request = CompletionRequest(
            door="responses",
            model=self.model,
            messages=(*first, *read.messages),
            parameters=read.parameters,
            tools=read.tools,
            metadata=self.metadata or {},
            show_reasoning=bool(read.form.summary),
            cache_key=self.prompt_cache_key,
        )
        return request, read.form

    def read(self, referenced: Mapping[str, Reply] | None = None) -> ReadRequest:
        """Everything that the request asks for but where it is kept. `referenced`: as `ItemReader` takes it.

        Raises InvalidRequest, Unsupported.
        """
        if self.prompt is not None:
            raise Unsupported("prompt: stored prompts are not known here; send instructions.", {"capability": "prompt"})
        if self.background and not self.stored:
            raise Unsupported("background: needs store: true.", {"capability": "background"})
        notes, body = DoorNotes(), dict(self.model_extra or {})
        offered = read_tools(self.tools, self.tool_choice, notes)
        if offered.choice not in (None, "none") and not offered.tools and not self.model.startswith(AGENT):
            raise InvalidRequest.of("tool_choice", "needs tools to choose from")
        messages = ItemReader(notes, referenced).read(self.input)
        parameters = read_parameters(body, offered.choice, notes)
        self._note_what_is_left(body, notes)
        shown: Json = {
            **{name: body.get(name) for name in ("temperature", "top_p", "max_output_tokens", "service_tier")},
            **{name: body.get(name) for name in ("safety_identifier", "user")},
            "prompt_cache_key": self.prompt_cache_key,
            "max_tool_calls": self.max_tool_calls,
            "top_logprobs": body.get("top_logprobs") or 0,
            "truncation": self.truncation or "disabled",
            "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
            "instructions": self.instructions,
            "metadata": self.metadata or {},
            "text": shown_text(body),
            "reasoning": shown_reasoning(body),
            "tools": offered.shown,
            "tool_choice": self.tool_choice or "auto",
        }
        summary = bool(shown["reasoning"]["summary"])
        form = ResponseForm(shown, tuple(notes), summary, ENCRYPTED in (self.include or ()))
        return ReadRequest(messages, offered.tools, parameters, form)

    def _note_what_is_left(self, body: Json, notes: DoorNotes) -> None:
        for name in self.include or ():
            if name != ENCRYPTED:
                notes.add("include", f"left out: {name[:80]!r} is not known here")
        without_effect = {
            "truncation": self.truncation == "auto",
            "max_tool_calls": self.max_tool_calls,
        }
        for name in (name for name, given in without_effect.items() if given):
            notes.add(name, "left out: it has no effect here")
        notes.unknown({name: value for name, value in body.items() if name not in _READ_BY_NAME})
        if self.background and self.stream:
            notes.add("background", "left out: the answer is streamed")
        options = self.stream_options or {}
        notes.unknown({name: value for name, value in options.items() if value is not False}, "stream_options.")
