"""The agent, the session, the turn, the keys, the usage and the budgets that the recorded events speak of."""

from decimal import Decimal

from agentos import wiring
from agentos.api.openai_responses_request import ResponsesRequest
from agentos.api.openai_responses_stored import document_of, stored_request
from agentos.domain import (
    Agent,
    AgentConfig,
    Attempt,
    IdempotencyKey,
    Reply,
    Route,
    SentMessage,
    Session,
    SessionUsage,
    Usage,
)
from agentos.domain.api_keys import ApiKey, checksum, hash_of_key
from agentos.domain.budgets import NOTHING, NewBudget
from agentos.domain.callers import SCOPES
from agentos.domain.response_ids import ResponseId, conversation_id
from agentos.domain.tenant_providers import StoredTenantProvider
from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.kernel.clock import Clock, Deadline, epoch
from agentos.store import keys as keys_of_items
from agentos.store.agents import AgentStore
from agentos.store.api_keys import ApiKeyStore, StoredKey
from agentos.store.background_turns import BackgroundTurnStore
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.dynamodb import Table
from agentos.store.lane_items import Ledger
from agentos.store.messages import to_stored
from agentos.store.responses import NewResponse
from agentos.store.sessions import SessionStore
from agentos.store.tenant_providers import TenantProviderStore
from agentos.store.usage import UsageStore

AGENT_ID = "agent_00000000000000000000000001"
SESSION_ID = "sess_00000000000000000000000001"
TURN_ID = "turn_00000000000000000000000001"
RESPONSE = ResponseId(AGENT_ID, "sess_00000000000000000000000007", "msg_00000000000000000000000008")
"""A stored response in a session of its own, in the background and answered."""
QUEUED = ResponseId(AGENT_ID, RESPONSE.session_id, "msg_00000000000000000000000009")
"""Another one, which has no answer yet."""
CONVERSATION_ID = conversation_id(RESPONSE.agent_id, RESPONSE.session_id)
KEY_ID = "0000000000000001"
_BODY = f"agos_{KEY_ID}_{'0' * 43}"
KEY = _BODY + checksum(_BODY)
"""It may do everything."""
CREATED = "2026-11-22T12:00:00.000Z"
USAGE = UsageRecord(
    turn_id="turn_01m81j18g00000000000000001",
    tenant="default",
    door="messages",
    outcome="completed",
    attempts=(
        RecordedAttempt(
            model="openai:gpt-4o-mini",
            provider="openai",
            outcome="ok",
            usage=CountedUsage(
                prompt_tokens=10,
                completion_tokens=5,
                cached_tokens=0,
                cache_write_tokens=0,
                cost_usd=Decimal("0.0000045"),
            ),
        ),
    ),
    agent_id=AGENT_ID,
    session_id=SESSION_ID,
    user_id="routing-user",
)
"""Of a turn that began then."""


def seed(
    agents: AgentStore | None = None,
    sessions: SessionStore | None = None,
    turns: BackgroundTurnStore | None = None,
    keys: ApiKeyStore | None = None,
    usage: UsageStore | None = None,
    own_keys: TenantProviderStore | None = None,
    budgets: BudgetStore | None = None,
    table: Table | None = None,
) -> None:
    """Store them, by default in the table that the functions are wired to."""
    (agents or wiring.agent_store()).create(
        "default",
        Agent(
            agent_id=AGENT_ID,
            name="routing-agent",
            description="An agent that routes across providers based on task type.",
            model="openai:gpt-4o-mini",
            tools=(),
            config=AgentConfig.model_validate({"fallbackModel": "gemini:flash-1.5"}),
            version=1,
            created_at=CREATED,
            updated_at=CREATED,
        ),
        Deadline.after(10, Clock()),
    )
    (sessions or wiring.session_store()).create(
        "default",
        Session(
            session_id=SESSION_ID,
            agent_id=AGENT_ID,
            agent_version=None,
            user_id="routing-user",
            metadata={"source": "advanced-multi-provider-routing"},
            state="idle",
            message_count=0,
            usage=SessionUsage(),
            expires_at=None,
            last_activity_at=CREATED,
            created_at=CREATED,
        ),
        Deadline.after(10, Clock()),
    )
    (turns or wiring.background_turn_store()).add(
        ("default", AGENT_ID, SESSION_ID),
        TURN_ID,
        IdempotencyKey(name=TURN_ID, body=TURN_ID),
        {"said": [{"role": "user", "content": "Hello"}], "simulated": {}},
    )
    (usage or wiring.usage_store()).put(USAGE, Deadline.after(10, Clock()))
    (keys or wiring.api_key_store()).add(
        StoredKey(
            ApiKey(
                key_id=KEY_ID,
                tenant="default",
                name="everything",
                scopes=SCOPES,
                models=None,
                expires_at=None,
                created_at=CREATED,
            ),
            hash_of_key(KEY),
        )
    )
    (own_keys or wiring.tenant_provider_store()).put(
        "acme",
        "openai",
        StoredTenantProvider(endpoint=None, revision="rev_00000000000000000000000001", version=1, updated_at=CREATED),
    )
    _seed_responses(
        sessions or wiring.session_store(), turns or wiring.background_turn_store(), table or wiring.table()
    )
    for tenant, scope in (("acme", "tenant/acme"), ("default", f"key/{KEY_ID}")):
        budget = seeded_budget(tenant, scope)
        (budgets or wiring.budget_store()).create(budget, None, Deadline.after(10, Clock()))


def _seed_responses(sessions: SessionStore, turns: BackgroundTurnStore, table: Table) -> None:
    """A question, its answer, what the door keeps with them, and a response in the background."""
    path = ("default", RESPONSE.agent_id, RESPONSE.session_id)
    partition = keys_of_items.session_partition(*path)
    sent = SentMessage(
        message_id="msg_00000000000000000000000007",
        role="user",
        content="Hello",
        task_type=None,
        priority=None,
        metadata={},
        created_at=CREATED,
    )
    question = to_stored(partition, 1, sent, 1)
    answered = to_stored(partition, 2, _answer(), 1)
    session = Session(
        session_id=RESPONSE.session_id,
        agent_id=RESPONSE.agent_id,
        agent_version=None,
        user_id=None,
        metadata={"team": "a"},
        state="idle",
        message_count=2,
        usage=SessionUsage(),
        expires_at=None,
        last_activity_at=CREATED,
        created_at=CREATED,
        turns=((1, 1),),
    )
    sessions.create("default", session, Deadline.after(10, Clock()))
    _, form = stored_request(ResponsesRequest(model="agent:" + AGENT_ID, input="Hello", background=True), lambda _: {})
    document = document_of(form, "agent:" + AGENT_ID, int(epoch(CREATED)))
    kept = NewResponse(document).item(partition, RESPONSE.message_id, [question], answered)
    table.put_many([*question.items, *answered.items, kept])
    turn = {"said": [{"role": "user", "content": "Hello"}], "simulated": {}, "response": document}
    turns.add(path, QUEUED.turn_id, IdempotencyKey(name=QUEUED.turn_id, body=QUEUED.turn_id), turn)


def _answer() -> Reply:
    model = "local:smollm2"
    usage = Usage(
        prompt_tokens=10,
        completion_tokens=5,
        total_tokens=15,
        cached_tokens=0,
        cache_write_tokens=0,
        reasoning_tokens=None,
        cost_usd=0.0,
        latency_ms=9,
    )
    attempt = Attempt(
        model=model, provider="local", upstream_model="smollm2", outcome="ok", status=200, latency_ms=9, notes=()
    )
    route = Route(
        requested=model,
        served=model,
        rule=None,
        experiment=None,
        fallback_used=False,
        attempts=(attempt,),
        skipped=(),
    )
    return Reply(
        message_id=RESPONSE.message_id,
        content="Hello! How can I help?",
        finish_reason="stop",
        model=model,
        provider="local",
        usage=usage,
        route=route,
        created_at=CREATED,
    )


def seeded_budget(tenant: str, scope: str) -> Budget:
    """A budget that has room for everything."""
    terms = NewBudget(period="week", usd=1000, tokens=10**7, warn_at=0.5, allow_unpriced=True)
    ledger = Ledger(tenant, f"ledger_{tenant}", 8, terms.period)
    return Budget(tenant, scope, terms, ledger, Clock().time(), NOTHING, NOTHING)
