"""A process that remembers a session's newest messages gives every turn what one that reads them gives it."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentos.domain import Session, ToolCall
from agentos.kernel.errors import ApiError
from agentos.kernel.ids import new_id
from agentos.store.leases import Lease
from agentos.store.messages import StoredMessage
from agentos.store.recent_messages import OBJECT_BYTES, RecentMessages
from agentos.store.session_changes import Addition, SessionChanges
from agentos.store.turns import TurnStore
from tests.store.conftest import TENANT, Store
from tests.support.builders import a_message, a_reply
from tests.support.crashes import lose_answer
from tests.support.properties import examples
from tests.support.requests import Requests

SHARED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""All examples share a table, and each has sessions of its own."""

PROCESSES = st.integers(0, 1)
SESSIONS = st.integers(0, 1)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["turn", "turn", "calls", "await", "blind", "give back", "lost", "expire", "add", "delete"]),
        PROCESSES,
        SESSIONS,
        st.integers(1, 3),
    ),
    max_size=25,
)


class Processes:
    """Two processes that remember, one that does not, and sessions that all of them serve."""

    def __init__(self, store: Store, max_bytes: int) -> None:
        self.store = store
        self.agent_id = store.agent()
        self.sessions = [store.session(self.agent_id) for _ in range(2)]
        self.remembering = [TurnStore(store.table, store.clock, RecentMessages(max_bytes)) for _ in range(2)]
        self.changes = SessionChanges(store.table, store.clock)
        self.said = 0

    def compare(self, process: TurnStore, session: Session) -> None:
        """Whatever part of the history is asked for, it is what the table has."""
        for count in {0, 1, session.message_count // 2, session.message_count}:
            assert process.newest(TENANT, session, count) == self.store.turns.newest(TENANT, session, count)

    def step(self, kind: str, number: int, index: int, count: int) -> None:
        process, session = self.remembering[number], self.sessions[index]
        if kind == "delete":
            self.store.delete(session)
            with pytest.raises(ApiError):
                self.store.begin(session)
            self.sessions[index] = self.store.session(self.agent_id)
        elif kind == "add":
            self.add(session, count)
        else:
            self.turn(kind, process, self.store.begin(session), count)

    def turn(self, kind: str, process: TurnStore, lease: Lease, count: int) -> None:
        if kind != "blind":  # such a turn needs no history
            self.compare(process, lease.session)
        if kind == "give back":
            self.store.release(lease)
        elif kind == "expire":
            self.lose(process, lease)
        else:
            self.commit(kind, process, lease, count)

    def lose(self, process: TurnStore, lease: Lease) -> None:
        """Another turn takes over, so that this one is not stored."""
        self.store.clock.advance(31)
        other = self.store.begin(lease.session)
        commit = self.store.step(lease, a_message("lost"), a_reply("lost"))
        with pytest.raises(ApiError):
            process.commit(lease, commit, self.store.deadline())
        self.store.release(other)

    def commit(self, kind: str, process: TurnStore, lease: Lease, count: int) -> None:
        self.said += 1
        calls = tuple(
            ToolCall(id=f"call_{self.said}_{one}", name="f", arguments={"a": [1.5]}, signature=f"x:{one}")
            for one in range(count if kind == "calls" else 0)
        )
        reply = a_reply(f"answer {self.said}", tool_calls=calls, stop_sequence="END")
        commit = self.store.step(lease, a_message(f"question {self.said}" * count), reply)
        if kind == "await":
            commit = commit._replace(answer=None, turns=(*lease.session.turns, (5,)))
        if kind == "lost":
            lose_answer(self.store.client, "TransactWriteItems")
        process.commit(lease, commit, self.store.deadline())

    def add(self, session: Session, count: int) -> None:
        """Messages that nobody answers, written by neither process."""
        before = self.store.read(session)
        said = [self.stored(before, number) for number in range(1, count + 1)]
        addition = Addition(tuple(said), (*before.turns, (5,) * count), ())
        self.changes.add(TENANT, before, addition, self.store.deadline(), None)

    def stored(self, session: Session, number: int) -> StoredMessage:
        lease = Lease(TENANT, new_id("turn"), session)
        return self.store.turns.to_stored(lease, number, a_message(f"added {number}"), 5)


@settings(examples(15), suppress_health_check=SHARED)
@example(steps=[("turn", 0, 0, 1), ("turn", 1, 0, 1), ("blind", 0, 0, 1), ("turn", 0, 0, 1)], max_bytes=10_000_000)
@example(steps=[("expire", 0, 0, 1), ("turn", 1, 0, 1), ("turn", 0, 0, 1)], max_bytes=10_000_000)
@example(steps=[("turn", 0, 0, 1), ("add", 1, 0, 2), ("turn", 0, 0, 1)], max_bytes=10_000_000)
@given(steps=STEPS, max_bytes=st.sampled_from([0, 3 * OBJECT_BYTES, 30 * OBJECT_BYTES, 10_000_000]))
def test_two_processes_that_remember_read_what_the_table_has(
    store: Store, steps: list[tuple[str, int, int, int]], max_bytes: int
) -> None:
    processes = Processes(store, max_bytes)
    for step in steps:
        processes.step(*step)
    for session in processes.sessions:
        for process in processes.remembering:
            processes.compare(process, store.read(session))


def test_the_next_turn_of_a_session_reads_no_message(store: Store) -> None:
    processes = Processes(store, 10_000_000)
    process, session = processes.remembering[0], processes.sessions[0]
    processes.step("turn", 0, 0, 1)
    session = store.read(session)
    requests = Requests(store.client)
    assert [message.role for message in process.newest(TENANT, session, 2)] == ["user", "assistant"]
    assert not requests.sent
