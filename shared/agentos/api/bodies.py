"""Request bodies that only HTTP knows; all others are in `domain/requests.py`."""

from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, RootModel, Tag

from agentos.domain.requests import FreeForm, NewMessage, ToolResult
from agentos.kernel.values import Value, not_empty


class AgentPatch(RootModel[FreeForm]):
    """Body of `PATCH /agents/{agentId}`: a JSON Merge Patch (RFC 7396) of the body of `POST /agents`."""


class ToolResults(Value):
    """Several tool results in one body."""

    messages: Annotated[tuple[ToolResult, ...], Field(max_length=64), AfterValidator(not_empty)]


def _body_kind(value: Any) -> str:
    if isinstance(value, dict) and "messages" in value:
        return "<results>"
    return "<result>" if isinstance(value, dict) and value.get("role") == "tool" else "<message>"


class MessageBody(
    RootModel[
        Annotated[
            Annotated[NewMessage, Tag("<message>")]
            | Annotated[ToolResult, Tag("<result>")]
            | Annotated[ToolResults, Tag("<results>")],
            Discriminator(_body_kind),
        ]
    ]
):
    """Body of `POST …/messages`: a message, a tool result, or several tool results."""

    @property
    def messages(self) -> tuple[NewMessage | ToolResult, ...]:
        return self.root.messages if isinstance(self.root, ToolResults) else (self.root,)
