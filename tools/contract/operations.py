"""What each route answers: its errors, headers and streams. Method, path, body and status are the code's own."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from agentos.domain import Agent, Page, Plan, Reply, SentMessage, Session, TurnState
from agentos.domain.api_keys import ApiKey, IssuedKey
from agentos.domain.budgets import BudgetState
from agentos.domain.callers import CurrentKey
from agentos.domain.recosting import RecostPage
from agentos.domain.tenant_providers import TenantProvider, TenantProviders
from agentos.domain.usage_sums import UsageReport
from agentos.services.provider_catalog import Health, HealthSummary, Matrix
from agentos.services.what_if import WhatIfAnswer
from tools.contract import anthropic_door, door, responses
from tools.contract.events import ANTHROPIC_EVENTS, CHAT_EVENTS, MESSAGE_EVENTS, TEXT_EVENTS, Events

EVERYWHERE = (
    "invalid_request", "unauthorized", "forbidden", "unsupported_media_type", "throttled", "internal", "unavailable",
    "deadline_exceeded",
)  # fmt: skip
"""The table and API Gateway may fail on every route."""

KEYED = ("idempotency_in_flight", "idempotency_mismatch")
TARGETS = ("unsupported", "context_length_exceeded", "no_provider_available")
"""Of a plan that has no target."""

ASKING = (*TARGETS, "budget_exceeded", "unpriced", "provider_rejected", "content_filtered", "upstream_failed")
ROUTED = ("x-agentos-model", "x-agentos-attempts")


@dataclass(frozen=True)
class Operation:
    """One route. `folder` is its function's; `answer` is a model, or several of which one answers.

    `streams` are the events of a streamed answer by their names. `csv`: the answer may also be CSV. `accepted` is the
    model of a 202. `fresh`: a client that has the answer already gets a 304. `links` are the path parameters of other
    routes that the answer has, by name. `by_version`: with the header anthropic-version it answers in Anthropic's form.
    """

    folder: str
    tag: str
    answer: Any = None
    codes: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    answer_headers: tuple[str, ...] = ()
    streams: Events = field(default_factory=dict)
    accepted: type[BaseModel] | None = None
    fresh: bool = False
    links: tuple[str, ...] = ()
    csv: bool = False
    by_version: bool = False

    @property
    def name(self) -> str:
        """The operation's id: `createAgent`."""
        first, *rest = self.folder.split("_")
        return first + "".join(word.title() for word in rest)

    @property
    def answers(self) -> tuple[Any, ...]:
        """The models of its answer."""
        return self.answer if isinstance(self.answer, tuple) else (self.answer,) if self.answer else ()

    @property
    def all_codes(self) -> tuple[str, ...]:
        return (*EVERYWHERE, *self.codes)


AGENTS, SESSIONS, MESSAGES, DOOR, ANTHROPIC, KEYS, USAGE, BUDGETS, SERVICE = (
    "Agents", "Sessions", "Messages", "OpenAI", "Anthropic", "Keys", "Usage", "Budgets", "Service",
)  # fmt: skip
KEY = ("idempotency-key",)
MISSING = ("not_found",)
TOOL_CALLS = ("tool_call_not_open", "tool_results_pending")
NEW_AGENT = (*KEYED, "payload_too_large")

OPERATIONS = (
    Operation("create_agent", AGENTS, Agent, NEW_AGENT, KEY, answer_headers=("etag",), links=("agentId",)),
    Operation("list_agents", AGENTS, Page[Agent]),
    Operation("get_agent", AGENTS, Agent, MISSING, query=("version",), answer_headers=("etag",)),
    Operation(
        "update_agent",
        AGENTS,
        Agent,
        (*MISSING, "precondition_failed", "payload_too_large"),
        ("if-match",),
        answer_headers=("etag",),
    ),
    Operation("delete_agent", AGENTS, codes=(*MISSING, "unsupported")),
    Operation("explain_route", AGENTS, Plan, (*MISSING, "payload_too_large")),
    Operation(
        "create_session",
        SESSIONS,
        Session,
        (*MISSING, *KEYED, "payload_too_large"),
        KEY,
        links=("agentId", "sessionId"),
    ),
    Operation("list_sessions", SESSIONS, Page[Session], MISSING),
    Operation("get_session", SESSIONS, Session, MISSING),
    Operation("delete_session", SESSIONS, codes=MISSING),
    Operation(
        "send_message",
        MESSAGES,
        Reply,
        (
            *MISSING, *KEYED, *ASKING, "session_busy", "tool_results_pending", "tool_call_not_open",
            "payload_too_large",
        ),
        ("idempotency-key", "prefer", "last-event-id", "x-agentos-simulate"),
        ("stream",),
        ROUTED,
        MESSAGE_EVENTS,
        TurnState,
        links=("agentId", "sessionId", "turnId"),
    ),
    Operation(
        "what_if",
        MESSAGES,
        WhatIfAnswer,
        (*MISSING, *KEYED, *ASKING, "payload_too_large"),
        KEY,
        answer_headers=ROUTED,
    ),
    Operation("get_turn", MESSAGES, TurnState, MISSING),
    Operation("list_messages", MESSAGES, Page[SentMessage | Reply], MISSING),
    Operation(
        "chat_completions",
        DOOR,
        door.ChatCompletion,
        (*MISSING, *KEYED, *ASKING, "payload_too_large"),
        ("idempotency-key", "x-agentos-simulate"),
        (),
        ROUTED,
        CHAT_EVENTS,
    ),
    Operation(
        "create_response",
        DOOR,
        responses.OpenaiResponse,
        (
            *MISSING, *KEYED, *ASKING, "session_busy", "tool_results_pending", "tool_call_not_open",
            "payload_too_large", "previous_response_not_found",
        ),
        ("idempotency-key", "x-agentos-simulate"),
        (),
        ROUTED,
        responses.RESPONSE_EVENTS,
    ),
    Operation(
        "text_completions",
        DOOR,
        door.TextCompletion,
        (*MISSING, *KEYED, *ASKING, "payload_too_large"),
        ("idempotency-key", "x-agentos-simulate"),
        (),
        ROUTED,
        TEXT_EVENTS,
    ),
    Operation(
        "get_response",
        DOOR,
        responses.OpenaiResponse,
        (*MISSING, "unsupported"),
        (),
        ("stream", "starting_after"),
        ROUTED,
        responses.RESPONSE_EVENTS,
    ),
    Operation("delete_response", DOOR, responses.Deleted, MISSING),
    Operation("cancel_response", DOOR, responses.OpenaiResponse, (*MISSING, "unsupported")),
    Operation(
        "list_input_items", DOOR, responses.InputItems, (*MISSING, "unsupported"), query=("limit", "after", "order")
    ),
    Operation(
        "create_conversation",
        DOOR,
        responses.Conversation,
        (*KEYED, "unsupported", "payload_too_large"),
        ("idempotency-key",),
    ),
    Operation("get_conversation", DOOR, responses.Conversation, MISSING),
    Operation(
        "list_conversation_items", DOOR, responses.InputItems, MISSING, query=("limit", "after", "order")
    ),
    Operation("update_conversation", DOOR, responses.Conversation, (*MISSING, "payload_too_large")),
    Operation(
        "add_conversation_items",
        DOOR,
        responses.AddedItems,
        (*MISSING, *KEYED, "unsupported", "session_busy", *TOOL_CALLS, "payload_too_large"),
        ("idempotency-key",),
    ),
    Operation("get_conversation_item", DOOR, responses.InputItem, MISSING),
    Operation("delete_conversation", DOOR, responses.Deleted, MISSING),
    Operation(
        "count_response_tokens",
        DOOR,
        responses.InputTokens,
        (*MISSING, "unsupported", "previous_response_not_found", "tool_results_pending"),
    ),
    Operation(
        "embeddings",
        DOOR,
        door.EmbeddingList,
        (*MISSING, *KEYED, *ASKING, "payload_too_large"),
        ("idempotency-key", "x-agentos-simulate"),
        answer_headers=ROUTED,
    ),
    Operation(
        "anthropic_messages",
        ANTHROPIC,
        anthropic_door.AnthropicMessage,
        (*MISSING, *KEYED, *ASKING, "payload_too_large"),
        ("idempotency-key", "anthropic-beta", "x-agentos-simulate"),
        (),
        (*ROUTED, "request-id"),
        ANTHROPIC_EVENTS,
    ),
    Operation(
        "count_message_tokens",
        ANTHROPIC,
        anthropic_door.TokenCountAnswer,
        (*MISSING, "unsupported", "payload_too_large"),
        ("anthropic-beta",),
        answer_headers=("request-id",),
    ),
    Operation(
        "list_models",
        DOOR,
        (door.ModelList, anthropic_door.AnthropicModelList),
        headers=("anthropic-version",),
        query=("limit of models", "before_id", "after_id"),
        answer_headers=("request-id",),
        by_version=True,
    ),
    Operation(
        "get_model",
        DOOR,
        (door.Model, anthropic_door.AnthropicModel),
        MISSING,
        headers=("anthropic-version",),
        answer_headers=("request-id",),
        by_version=True,
    ),
    Operation("create_key", KEYS, IssuedKey, ("unsupported", "payload_too_large")),
    Operation("list_keys", KEYS, Page[ApiKey]),
    Operation("get_current_key", KEYS, CurrentKey),
    Operation("delete_key", KEYS, codes=MISSING),
    Operation("get_usage", USAGE, UsageReport, csv=True),
    Operation("recost_usage", USAGE, RecostPage, ("payload_too_large",)),
    Operation("put_tenant_provider", KEYS, TenantProvider, (*MISSING, "unsupported", "payload_too_large")),
    Operation("list_tenant_providers", KEYS, TenantProviders),
    Operation("delete_tenant_provider", KEYS, codes=MISSING),
    Operation("put_tenant_budget", BUDGETS, BudgetState, ("payload_too_large",)),
    Operation("get_tenant_budget", BUDGETS, BudgetState, MISSING),
    Operation("delete_tenant_budget", BUDGETS, codes=MISSING),
    Operation("put_key_budget", BUDGETS, BudgetState, (*MISSING, "payload_too_large")),
    Operation("get_key_budget", BUDGETS, BudgetState, MISSING),
    Operation("delete_key_budget", BUDGETS, codes=MISSING),
    Operation("health", SERVICE, (Health, HealthSummary)),
    Operation("providers", SERVICE, Matrix),
    Operation("openapi", SERVICE, headers=("if-none-match",), answer_headers=("etag", "cache-control"), fresh=True),
)  # fmt: skip
