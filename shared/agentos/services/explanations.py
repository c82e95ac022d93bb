"""Explains a route: everything that a turn does before its first upstream call."""

from agentos.domain import Message, Plan
from agentos.domain.callers import Caller
from agentos.domain.requests import RouteQuery
from agentos.kernel.clock import Deadline
from agentos.routing.call import Simulation
from agentos.services.agent_patches import drafted
from agentos.services.budget_preview import BudgetPreview
from agentos.services.preparation import Hints, Preparation
from agentos.services.simulation import with_failures
from agentos.services.turn_parameters import with_parameters
from agentos.settings.loading import Settings
from agentos.store.agents import AgentStore
from agentos.store.sessions import SessionStore


class Explanations:
    """What `POST …/route` does: everything up to the first call."""

    def __init__(
        self,
        agents: AgentStore,
        sessions: SessionStore,
        preparation: Preparation,
        budgets: BudgetPreview,
        settings: Settings,
    ) -> None:
        self._agents = agents
        self._sessions = sessions
        self._preparation = preparation
        self._budgets = budgets
        self._settings = settings

    def explain(
        self, caller: Caller, agent_id: str, request: RouteQuery, deadline: Deadline, simulated: Simulation
    ) -> Plan:
        """The plan that a turn would follow now; `simulated` failures come after it is made, as real ones do.

        Raises NotFound, InvalidRequest, Throttled, Unavailable.
        """
        agent = self._agents.get(caller.tenant, agent_id)
        session = self._sessions.get(caller.tenant, agent_id, request.session_id) if request.session_id else None
        asked = [Message(role=request.role, content=request.content)]
        if session:
            agent = self._agents.at(caller.tenant, agent, session.agent_version)
        agent = with_parameters(drafted(agent, request.agent, self._settings), [request])
        prompt, plan = self._preparation.prepare(caller, agent, session, asked, Hints.of(request))
        plan = self._budgets.applied(plan, prompt, agent.config, caller, session, deadline)
        return with_failures(plan, simulated)
