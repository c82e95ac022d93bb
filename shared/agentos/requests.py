"""What clients may send: the request bodies, validated, with errors that name the field."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Discriminator, Field, RootModel, Tag, ValidationError

from agentos.domain import AgentConfig, Content, ResultContent, Tool
from agentos.errors import MAX_FIELD, InvalidRequest
from agentos.values import ModelName, Priority, Value, Whole, not_empty

B = TypeVar("B", bound=BaseModel)

MAX_NAME = 256
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
FreeForm = dict[str, Any]
"""A JSON object that is kept exactly as it was given."""

YEAR_SECONDS = 366 * 24 * 3600

MAX_FINDINGS = 20
"""Mistakes listed in one answer: a body may hold hundreds of thousands, an answer may not."""


class NewAgent(Value):
    """Body of `POST /agents`, and what an agent must still be after a `PATCH`."""

    name: Name
    description: Annotated[str, Field(max_length=4096)] = ""
    model: ModelName
    tools: Annotated[tuple[Tool, ...], Field(max_length=128)] = ()
    config: AgentConfig = AgentConfig()


class AgentPatch(RootModel[FreeForm]):
    """Body of `PATCH /agents/{agentId}`: a JSON Merge Patch (RFC 7396) over what `POST` takes."""


class ForkFrom(Value):
    """Whose messages a session begins with: all of them, or those up to and including one."""

    session_id: Name
    up_to_message_id: Name | None = None


class NewSession(Value):
    """Body of `POST …/sessions`; may be absent."""

    user_id: Name | None = None
    metadata: FreeForm = {}
    agent_version: Annotated[Whole, Field(ge=1)] | None = None
    expires_in_seconds: Annotated[Whole, Field(ge=1, le=YEAR_SECONDS)] | None = None
    fork_from: ForkFrom | None = None


class NewMessage(Value):
    """Body of `POST …/messages`."""

    role: Literal["user", "system"] = "user"
    content: Content
    task_type: Name | None = None
    priority: Priority | None = None
    metadata: FreeForm = {}


class ToolResult(Value):
    """What a tool call gave: body of `POST …/messages` while calls are open."""

    role: Literal["tool"]
    tool_call_id: Name
    content: ResultContent
    metadata: FreeForm = {}


class ToolResults(Value):
    """Several at once."""

    messages: Annotated[tuple[ToolResult, ...], Field(max_length=64), AfterValidator(not_empty)]


def _said_kind(value: Any) -> str:
    if isinstance(value, dict) and "messages" in value:
        return "<results>"
    return "<result>" if isinstance(value, dict) and value.get("role") == "tool" else "<message>"


class Said(
    RootModel[
        Annotated[
            Annotated[NewMessage, Tag("<message>")]
            | Annotated[ToolResult, Tag("<result>")]
            | Annotated[ToolResults, Tag("<results>")],
            Discriminator(_said_kind),
        ]
    ]
):
    """Body of `POST …/messages`: a message, or the results of tool calls."""

    @property
    def messages(self) -> tuple[NewMessage | ToolResult, ...]:
        return self.root.messages if isinstance(self.root, ToolResults) else (self.root,)


class RouteQuery(NewMessage):
    """Body of `POST …/route`: a message, and the session that it would be sent to."""

    session_id: str | None = None


def validated(model: type[B], value: Any) -> B:
    """`value` as `model`, its fields by their names in the contract alone.

    Raises InvalidRequest that lists every `{field, message}`, the first of them where there are many.
    """
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        findings = [
            {"field": _field(finding["loc"]), "message": _message(finding["type"], finding["msg"])}
            for finding in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_FINDINGS]
        ]
    first = findings[0]
    raise InvalidRequest(f"{first['field']}: {first['message']}", {"errors": findings})


def _field(path: tuple[int | str, ...]) -> str:
    """`('content', '<list>', 0, '<text>', 'text')` as `content[0].text`; union tags are left out."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part.startswith("<"):
            text += f".{part}" if text else part
    return text[:MAX_FIELD] or "body"


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a known field"
    if kind == "missing":
        return "is required"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a JSON object"
    if kind == "tuple_type":
        return "must be a list"
    return message.removeprefix("Value error, ")
