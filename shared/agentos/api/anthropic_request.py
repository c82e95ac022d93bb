"""A request to Anthropic's Messages as a request of the routing layer.

It is lenient where the rest of the API is strict, because Anthropic's clients expect that. What is not carried is
noted; what would change the answer if it were ignored is refused.

https://platform.claude.com/docs/en/api/messages
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import Field

from agentos.api.anthropic_blocks import cache_mark
from agentos.api.anthropic_errors import NAMES
from agentos.api.anthropic_input import InputMessage, InputReader
from agentos.api.anthropic_thinking import ThinkingForm, read_effort, read_thinking
from agentos.api.anthropic_tools import read_choice, read_tools, tools_mark
from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.domain import GivenParameters, Message, VendorExtras
from agentos.domain.requests import CompletionRequest
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.validation import validated

Json = dict[str, Any]

SIMPLE = {"temperature": "temperature", "top_p": "topP", "top_k": "topK", "max_tokens": "maxTokens"}
"""Parameters that differ in their names alone."""

BETA_HEADER = "anthropic-beta"
_BETAS = re.compile(r"[a-z0-9-]{1,64}(\s*,\s*[a-z0-9-]{1,64}){0,31}")
"""Names such as `context-management-2025-06-27`: no key and no text of any other kind looks like them."""

VENDORS_OWN = ("context_management", "service_tier")
"""Fields that Anthropic alone is told. None of them names an account's objects, calls a server, or has a price of its
own, as `container`, `mcp_servers` and `speed` have."""

READ = ("output_format", "cache_control")
"""Fields that are read, but not declared."""

MAX_USER = 256
"""Characters of a user's id."""


class MessagesForm(NamedTuple):
    """How the answer is written. `thinking`: whether the client wants the model's thoughts. `stops`: the texts that it
    has named to end the answer."""

    notes: tuple[str, ...] = ()
    thinking: ThinkingForm = "none"
    stops: tuple[str, ...] = ()


class MessagesRequest(Lenient):
    """Body of `POST /v1/messages`."""

    model: str
    messages: list[InputMessage] = Field(min_length=1)
    system: Any = None
    max_tokens: Any = None
    stop_sequences: Any = None
    temperature: Any = None
    top_p: Any = None
    top_k: Any = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    thinking: Json | None = None
    output_config: Json | None = None
    metadata: Json | None = None
    stream: bool | None = None

    def neutral(self, headers: Mapping[str, str]) -> tuple[CompletionRequest, MessagesForm]:
        """The request in the terms that every door shares, and the form of its answer. Header names are lower case.

        Raises InvalidRequest, Unsupported.
        """
        notes = DoorNotes()
        metadata = {name: value for name, value in (self.metadata or {}).items() if name != "user_id"}
        _, form = read_thinking(self.thinking)
        request = CompletionRequest(
            door="anthropic_messages",
            model=self.model,
            messages=self._messages(notes),
            parameters=self._parameters(notes),
            tools=None if self.tools is None else read_tools(self.tools, notes),
            tools_cache=tools_mark(self.tools),
            metadata=metadata,
            extras=self._extras(headers, notes),
            show_reasoning=form == "shown",
        )
        return request, MessagesForm(tuple(notes), form, request.parameters.parameters().stop)

    def _messages(self, notes: DoorNotes) -> tuple[Message, ...]:
        """The conversation. A mark of the whole request is one of its last message."""
        messages = InputReader(notes).read(self.system, self.messages)
        mark = cache_mark("body", self.model_extra or {})
        if mark is None or messages[-1].cache:
            return messages
        return (*messages[:-1], messages[-1].model_copy(update={"cache": mark}))

    def _parameters(self, notes: DoorNotes) -> GivenParameters:
        given: Json = {ours: value for theirs, ours in SIMPLE.items() if (value := getattr(self, theirs)) is not None}
        if self.stop_sequences:
            given["stop"] = self.stop_sequences
        if given.get("topK") == 0:  # Anthropic's way to ask for nothing
            del given["topK"]
        given |= read_choice(self.tool_choice) | self._output(notes) | self._user(notes)
        try:
            return validated(GivenParameters, given)
        except InvalidRequest as error:
            raise NAMES.in_error(error) from error

    def _output(self, notes: DoorNotes) -> Json:
        """The effort of thinking and the schema of the answer."""
        config = dict(self.output_config or {})
        effort, form = read_thinking(self.thinking)
        effort = read_effort(config.pop("effort", None), effort)
        given: Json = {} if effort is None else {"reasoningEffort": effort}
        if form != "none":
            given["includeReasoning"] = form == "shown"
        schema = config.pop("format", None) or (self.model_extra or {}).get("output_format")
        if schema is not None:
            given["responseFormat"] = _response_format(schema)
        notes.unknown(config, "output_config.")
        return given

    def _user(self, notes: DoorNotes) -> Json:
        user = (self.metadata or {}).get("user_id")
        if user in (None, ""):
            return {}
        if not isinstance(user, str):
            raise InvalidRequest.of("metadata.user_id", "must be a string")
        if len(user) > MAX_USER:
            notes.add("metadata.user_id", f"left out: it has more than {MAX_USER} characters")
            return {}
        return {"user": user}

    def _extras(self, headers: Mapping[str, str], notes: DoorNotes) -> VendorExtras | None:
        """What goes on to Anthropic alone: names of betas and the fields that belong to them."""
        left = {name: value for name, value in (self.model_extra or {}).items() if name not in READ}
        fields = {name: value for name in VENDORS_OWN if (value := left.pop(name, None)) not in (None, "auto")}
        notes.unknown(left)
        beta = headers.get(BETA_HEADER, "").strip()
        if beta and not _BETAS.fullmatch(beta):
            notes.add(BETA_HEADER, "left out: it is no list of names")
            beta = ""
        if not beta and not fields:
            return None
        return VendorExtras(format="anthropic", headers={BETA_HEADER: beta} if beta else {}, fields=fields)


def _response_format(schema: Any) -> Json:
    """The schema of the answer as agents know it. Raises InvalidRequest."""
    match schema:
        case {"type": "json_schema", "schema": dict(given)}:
            return {"type": "json_schema", "json_schema": {"name": "answer", "schema": given}}
        case _:
            raise InvalidRequest.of("output_config.format", "must be {type: json_schema, schema}")
