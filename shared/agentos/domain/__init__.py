"""The values that every room uses: frozen, typed, without I/O.

A `Message` has no identity, order or time; those belong to stored messages (`SentMessage`, `Reply`). `Value.to_json`
writes every value in camelCase.
"""

from agentos.domain.agents import Agent, AgentConfig, OptIn
from agentos.domain.conversation import (
    AnswerListener,
    CacheTime,
    Completion,
    Content,
    ImagePart,
    ImageUrl,
    Message,
    NewResultContent,
    Part,
    Prompt,
    ResultContent,
    Role,
    TextListener,
    TextPart,
    TokenCount,
    Tool,
    ToolCall,
    ToolFunction,
    VendorExtras,
)
from agentos.domain.names import ParameterName
from agentos.domain.parameters import ChosenTool, GivenParameters, Parameters, ToolChoice
from agentos.domain.prices import Price
from agentos.domain.request_limits import RequestLimits
from agentos.domain.routing import (
    Account,
    Assignment,
    Attempt,
    Circuit,
    CoolDown,
    ModelFacts,
    Plan,
    Route,
    SkipCode,
    Skipped,
    Target,
)
from agentos.domain.sessions import (
    Failure,
    IdempotencyKey,
    Page,
    Reply,
    SentMessage,
    Session,
    SessionUsage,
    TurnState,
)
from agentos.domain.usage import AttemptUsage, Usage

__all__ = [
    "Account",
    "Agent",
    "AgentConfig",
    "AnswerListener",
    "Assignment",
    "Attempt",
    "AttemptUsage",
    "CacheTime",
    "ChosenTool",
    "Circuit",
    "Completion",
    "Content",
    "CoolDown",
    "Failure",
    "GivenParameters",
    "IdempotencyKey",
    "ImagePart",
    "ImageUrl",
    "Message",
    "ModelFacts",
    "NewResultContent",
    "OptIn",
    "Page",
    "ParameterName",
    "Parameters",
    "Part",
    "Plan",
    "Price",
    "Prompt",
    "Reply",
    "RequestLimits",
    "ResultContent",
    "Role",
    "Route",
    "SentMessage",
    "Session",
    "SessionUsage",
    "SkipCode",
    "Skipped",
    "Target",
    "TextListener",
    "TextPart",
    "TokenCount",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolFunction",
    "TurnState",
    "Usage",
    "VendorExtras",
]
