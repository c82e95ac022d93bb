"""What if: a stored turn's question, answered once more by a changed agent. The session does not learn of it.

The calls are those of a stateless completion (`services/completions.py`): budgets, usage, retries, fallbacks and
`Idempotency-Key` are as there. The prompt and the facts for routing are those of the turn in its session.
"""

from dataclasses import dataclass

from agentos.domain import Agent, IdempotencyKey, Plan, Prompt, Reply
from agentos.domain.callers import Caller
from agentos.domain.requests import CompletionRequest, WhatIfRequest
from agentos.kernel.clock import Deadline
from agentos.kernel.errors import InvalidRequest
from agentos.kernel.values import Value
from agentos.services.agent_patches import drafted
from agentos.services.completions import Completions
from agentos.services.preparation import Hints, Preparation
from agentos.services.turn_messages import asked_of
from agentos.services.turn_parameters import answering
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore
from agentos.store.past_turns import MAX_SEARCHED, PastTurn, PastTurns
from agentos.store.sessions import SessionStore

DOOR = "what_if"
"""Where its usage came in."""


class WhatIfAnswer(Value):
    """Both replies, side by side. `what_if` is stored nowhere, and neither is its id."""

    what_if: Reply
    stored: Reply


@dataclass(frozen=True, kw_only=True)
class PastRequest(CompletionRequest):
    """A completion request of a past turn: the agent that answers it, and the turn."""

    agent: Agent
    turn: PastTurn


class PastAgents:
    """The agent of a past turn's request."""

    def of(self, caller: Caller, request: PastRequest) -> Agent:
        """The one that it brings along."""
        return request.agent


class PastPreparation:
    """Prepares a past turn as it was prepared then."""

    def __init__(self, preparation: Preparation) -> None:
        self._preparation = preparation

    def of_request(
        self, caller: Caller, agent: Agent, request: PastRequest, *, streamed: bool = False
    ) -> tuple[Prompt, Plan]:
        """The prompt and its plan, as `Preparation.of_request` gives them."""
        turn = request.turn
        said = [message for message in turn.asked if message.role in ("user", "system")]
        hints = Hints.of(said[-1]) if said else Hints()
        return self._preparation.prepare(caller, agent, turn.session, request.messages, hints, streamed=streamed)


class WhatIf:
    """What `POST …/what-if` does."""

    def __init__(
        self,
        agents: AgentStore,
        sessions: SessionStore,
        turns: PastTurns,
        completions: Completions[PastRequest],
        settings: Settings,
    ) -> None:
        self._agents = agents
        self._sessions = sessions
        self._turns = turns
        self._completions = completions
        self._settings = settings

    def run(
        self,
        caller: Caller,
        agent_id: str,
        session_id: str,
        request: WhatIfRequest,
        deadline: Deadline,
        key: IdempotencyKey | None = None,
    ) -> WhatIfAnswer:
        """The reply that the changed agent gives, beside the stored one.

        Raises NotFound, InvalidRequest and what `Completions.complete` raises.
        """
        session = self._sessions.get(caller.tenant, agent_id, session_id)
        turn = self._turns.find(caller.tenant, session, request.message_id)
        if turn is None:
            raise InvalidRequest.of("messageId", f"is no reply among the session's newest {MAX_SEARCHED:,} messages")
        agent = self._agents.at(caller.tenant, self._agents.get(caller.tenant, agent_id), session.agent_version)
        agent = drafted(agent, request.agent, self._settings)
        agent = answering(agent, [request.parameters], to_results=turn.asked[0].role == "tool")
        asked = PastRequest(
            door=DOOR,
            model=agent.model,
            messages=tuple(map(asked_of, turn.asked)),
            show_reasoning=agent.config.include_reasoning is True,
            agent=agent,
            turn=turn,
        )
        return WhatIfAnswer(what_if=self._completions.complete(caller, asked, deadline, {}, key), stored=turn.reply)
