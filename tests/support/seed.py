"""The agent, the session, the turn, the keys, the usage and the budgets that the recorded events speak of."""

from decimal import Decimal

from agentos import wiring
from agentos.domain import Agent, AgentConfig, IdempotencyKey, Session, SessionUsage
from agentos.domain.api_keys import ApiKey, checksum, hash_of_key
from agentos.domain.budgets import NOTHING, NewBudget
from agentos.domain.callers import SCOPES
from agentos.domain.tenant_providers import StoredTenantProvider
from agentos.domain.usage_records import CountedUsage, RecordedAttempt, UsageRecord
from agentos.kernel.clock import Clock, Deadline
from agentos.store.agents import AgentStore
from agentos.store.api_keys import ApiKeyStore, StoredKey
from agentos.store.background_turns import BackgroundTurnStore
from agentos.store.budgets import Budget, BudgetStore
from agentos.store.lane_items import Ledger
from agentos.store.sessions import SessionStore
from agentos.store.tenant_providers import TenantProviderStore
from agentos.store.usage import UsageStore

AGENT_ID = "agent_00000000000000000000000001"
SESSION_ID = "sess_00000000000000000000000001"
TURN_ID = "turn_00000000000000000000000001"
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
    for tenant, scope in (("acme", "tenant/acme"), ("default", f"key/{KEY_ID}")):
        budget = seeded_budget(tenant, scope)
        (budgets or wiring.budget_store()).create(budget, None, Deadline.after(10, Clock()))


def seeded_budget(tenant: str, scope: str) -> Budget:
    """A budget that has room for everything."""
    terms = NewBudget(period="week", usd=1000, tokens=10**7, warn_at=0.5, allow_unpriced=True)
    ledger = Ledger(tenant, f"ledger_{tenant}", 8, terms.period)
    return Budget(tenant, scope, terms, ledger, Clock().time(), NOTHING, NOTHING)
