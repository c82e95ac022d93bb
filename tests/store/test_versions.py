"""Earlier versions of agents: the write that makes a new version also stores the old one, which never changes again."""

import pytest

from agentos.domain import Agent
from agentos.kernel.errors import NotFound
from agentos.store.agents import VersionConflict
from tests.store.conftest import TENANT, Store
from tests.support.builders import an_agent


def changed(store: Store, before: Agent, name: str) -> Agent:
    after = before.model_copy(update={"name": name, "version": before.version + 1})
    store.agents.replace(TENANT, before, after, store.deadline())
    return after


def test_every_version_stays_readable(store: Store) -> None:
    versions = [an_agent(name="1", config={"instructions": "日本", "temperature": 0.1})]
    store.agents.create(TENANT, versions[0], store.deadline())
    for number in range(2, 13):
        versions.append(changed(store, versions[-1], str(number)))

    for agent in versions:
        assert store.agents.get(TENANT, agent.agent_id, agent.version) == agent
    assert store.agents.get(TENANT, versions[0].agent_id) == versions[-1]
    assert store.agents.page(TENANT, 20, None, "desc").data == (versions[-1],)


@pytest.mark.parametrize("version", [-1, 0, 3, 10**11, 10**30])
def test_a_version_that_never_existed_is_not_found(store: Store, version: int) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    changed(store, agent, "2")
    with pytest.raises(NotFound):
        store.agents.get(TENANT, agent.agent_id, version)


def test_a_change_that_comes_too_late_stores_nothing(store: Store) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    changed(store, agent, "first")
    before = store.items()

    with pytest.raises(VersionConflict):
        changed(store, agent, "second")

    assert store.items() == before


def test_the_versions_of_a_deleted_agent_are_gone(store: Store) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    changed(store, agent, "2")
    store.agents.delete(TENANT, agent.agent_id, store.deadline())
    for version in (None, 1, 2):
        with pytest.raises(NotFound):
            store.agents.get(TENANT, agent.agent_id, version)


def test_versions_belong_to_their_tenant(store: Store) -> None:
    agent = an_agent()
    for tenant in (TENANT, "globex"):
        store.agents.create(tenant, agent, store.deadline())
    changed(store, agent, "acme's")
    with pytest.raises(NotFound):
        store.agents.get("globex", agent.agent_id, 2)
    assert store.agents.get("globex", agent.agent_id, 1) == agent
