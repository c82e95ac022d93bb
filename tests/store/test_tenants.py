"""Tenants are separate, even where they use the same ids."""

import pytest

from agentos.domain.sessions import SessionFilter
from agentos.kernel.errors import NotFound
from tests.store.conftest import Store
from tests.support.builders import a_message, a_reply, a_session, an_agent

NAMES = ["acme", "globex", "acme#AGENTS", "ACME", "acme ", "default"]


def test_the_same_ids_hold_different_things_for_every_tenant(store: Store) -> None:
    agent = an_agent()
    session = a_session(agent.agent_id, store.clock, user_id="ann")
    place = (agent.agent_id, session.session_id)
    for tenant in NAMES:
        store.agents.create(tenant, agent.model_copy(update={"name": tenant}), store.deadline())
        store.sessions.create(tenant, session.model_copy(update={"metadata": {"tenant": tenant}}), store.deadline())
        lease = store.acquire(tenant, *place)
        step = store.step(lease, a_message(f"said by {tenant}"), a_reply())
        store.turns.commit(lease, step, store.deadline())

    for tenant in NAMES:
        assert store.agents.get(tenant, agent.agent_id).name == tenant
        assert [one.name for one in store.agents.page(tenant, 20, None, "desc").data] == [tenant]
        assert store.sessions.get(tenant, *place).metadata == {"tenant": tenant}
        for user_id in (None, "ann"):
            (listed,) = store.sessions.page(tenant, agent.agent_id, SessionFilter(user_id), 20, None, "desc").data
            assert listed.metadata == {"tenant": tenant}
        messages = store.sessions.messages(tenant, *place, 20, None, "asc").data
        assert [message.content for message in messages] == [f"said by {tenant}", "Hi"]
        history = store.turns.newest(tenant, store.acquire(tenant, *place).session, 2)
        assert [message.content for message in history] == [f"said by {tenant}", "Hi"]


def test_one_tenants_deletions_affect_no_other_tenant(store: Store) -> None:
    agent = an_agent()
    session = a_session(agent.agent_id, store.clock)
    place = (agent.agent_id, session.session_id)
    for tenant in ("acme", "globex"):
        store.agents.create(tenant, agent, store.deadline())
        store.sessions.create(tenant, session, store.deadline())

    store.sessions.delete("acme", *place, store.deadline())
    store.agents.delete("acme", agent.agent_id, store.deadline())

    assert store.sessions.get("globex", *place).session_id == session.session_id
    assert store.agents.get("globex", agent.agent_id) == agent


def test_records_of_another_tenant_are_not_found(store: Store) -> None:
    agent_id = store.agent(tenant="globex")
    session = store.session(agent_id, tenant="globex")
    place = ("acme", agent_id, session.session_id)

    for use in (
        lambda: store.agents.get("acme", agent_id),
        lambda: store.agents.delete("acme", agent_id, store.deadline()),
        lambda: store.sessions.get(*place),
        lambda: store.sessions.messages(*place, 20, None, "asc"),
        lambda: store.sessions.delete(*place, store.deadline()),
        lambda: store.acquire(*place),
    ):
        with pytest.raises(NotFound):
            use()
    assert store.sessions.page("acme", agent_id, SessionFilter(), 20, None, "desc").data == ()
    assert store.agents.page("acme", 20, None, "desc").data == ()
