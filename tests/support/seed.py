"""The agent, the session, the turn and the key that the recorded events speak of."""

from agentos import wiring
from agentos.domain import Agent, AgentConfig, IdempotencyKey, Session, SessionUsage
from agentos.domain.api_keys import ApiKey, checksum, hash_of_key
from agentos.domain.callers import SCOPES
from agentos.kernel.clock import Clock, Deadline
from agentos.store.agents import AgentStore
from agentos.store.api_keys import ApiKeyStore, StoredKey
from agentos.store.background_turns import BackgroundTurnStore
from agentos.store.sessions import SessionStore

AGENT_ID = "agent_00000000000000000000000001"
SESSION_ID = "sess_00000000000000000000000001"
TURN_ID = "turn_00000000000000000000000001"
KEY_ID = "0000000000000001"
_BODY = f"agos_{KEY_ID}_{'0' * 43}"
KEY = _BODY + checksum(_BODY)
"""It may do everything."""
CREATED = "2026-11-22T12:00:00.000Z"


def seed(
    agents: AgentStore | None = None,
    sessions: SessionStore | None = None,
    turns: BackgroundTurnStore | None = None,
    keys: ApiKeyStore | None = None,
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
