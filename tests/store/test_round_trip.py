"""Free-form values come back exactly, down to -0.0 and the order of keys. Nothing is overwritten."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos.domain.sessions import SessionFilter
from agentos.kernel.json_text import dump
from agentos.store.faults import ConditionFailed
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_message, a_reply, a_session, an_agent
from tests.support.json_values import OBJECTS
from tests.support.properties import examples

FEW = settings(examples(15), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
"""All examples share a store. Each stores its own record."""
TEXT = st.text(min_size=1)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON text: == treats 1, 1.0 and True as equal."""
    return dump(one.to_json()) == dump(other.to_json())


@FEW
@given(response_format=OBJECTS, name=TEXT, instructions=st.text(), stop=st.lists(st.text(), max_size=16))
def test_agents_come_back_exactly(
    store: Store, response_format: Any, name: str, instructions: str, stop: list[str]
) -> None:
    config = {"responseFormat": response_format, "instructions": instructions, "stop": stop, "maxTokens": 10**300}
    agent = an_agent(name=name, description=name, config=config)
    store.agents.create(TENANT, agent, store.deadline())
    assert same(store.agents.get(TENANT, agent.agent_id), agent)


@FEW
@given(metadata=OBJECTS, user_id=st.none() | TEXT)
def test_sessions_come_back_exactly(store: Store, metadata: Any, user_id: str | None) -> None:
    session = store.session(store.agent(), metadata=metadata, user_id=user_id, agent_version=3)
    assert same(store.read(session), session)
    assert [one.session_id for one in listed(store, session.agent_id, user_id)] == [session.session_id]


def listed(store: Store, agent_id: str, user_id: str | None) -> tuple[Any, ...]:
    return store.sessions.page(TENANT, agent_id, SessionFilter(user_id), 5, None, "desc").data


@FEW
@given(metadata=OBJECTS, said=TEXT, answered=st.text(), cost=st.none() | st.floats(0, 1e9))
def test_messages_come_back_exactly(store: Store, metadata: Any, said: str, answered: str, cost: float | None) -> None:
    session = store.session(store.agent())
    parts = [{"type": "text", "text": said}, {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]
    sent = a_message(parts, metadata, task_type=said, priority="latency")
    reply = a_reply(answered, cost)
    lease = store.begin(session)
    store.turns.commit(lease, store.step(lease, sent, reply), store.deadline())

    first, second = store.sessions.messages(TENANT, session.agent_id, session.session_id, 5, None, "asc").data
    assert same(first, sent)
    assert same(second, reply)
    history = store.turns.newest(TENANT, store.begin(session).session, 2)
    assert [message.message_id for message in history] == [sent.message_id, reply.message_id]


def test_a_create_never_overwrites(store: Store) -> None:
    agent = an_agent(name="first")
    session = a_session(agent.agent_id, store.clock, metadata={"first": True})
    store.agents.create(TENANT, agent, store.deadline())
    store.sessions.create(TENANT, session, store.deadline())
    before = store.items()

    with pytest.raises(ConditionFailed):
        store.agents.create(TENANT, agent.model_copy(update={"name": "second"}), store.deadline())
    with pytest.raises(ConditionFailed):
        store.sessions.create(TENANT, session.model_copy(update={"metadata": {}}), store.deadline())

    assert store.items() == before


def test_a_create_does_not_overwrite_a_tombstone(store: Store) -> None:
    agent = an_agent()
    store.agents.create(TENANT, agent, store.deadline())
    store.agents.delete(TENANT, agent.agent_id, store.deadline())
    before = store.items()

    with pytest.raises(ConditionFailed):
        store.agents.create(TENANT, agent, store.deadline())

    assert store.items() == before


def test_a_session_with_its_history_is_not_wiped_by_being_created_again(store: Store) -> None:
    session = store.session(store.agent())
    store.turn(session, "remember me")

    with pytest.raises(ConditionFailed):
        store.sessions.create(TENANT, session, store.deadline())

    assert store.contents(session) == ["remember me", "Hi"]
    assert store.read(session).message_count == 2
