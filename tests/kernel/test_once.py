"""`once`: one object for each process, whichever threads ask for it at the same moment."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentos import wiring
from agentos.kernel.once import once
from tests.support.wiring import rewire

THREADS = 20


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool


def test_threads_that_ask_while_it_is_built_get_the_same_object(pool: ThreadPoolExecutor) -> None:
    started, all_ask = threading.Event(), threading.Barrier(THREADS)
    calls: list[None] = []

    @once
    def build() -> object:
        calls.append(None)
        started.set()
        threading.Event().wait(0.05)  # the others ask meanwhile
        return object()

    def ask() -> object:
        all_ask.wait(60)
        return build()

    asked = [pool.submit(ask) for _ in range(THREADS)]
    assert len({id(one.result(60)) for one in asked}) == 1
    assert started.is_set()
    assert len(calls) == 1


def test_nothing_may_be_built(pool: ThreadPoolExecutor) -> None:
    """A function may return None, which is a result as any other."""
    calls: list[None] = []
    build = once(lambda: calls.append(None))
    assert (build(), build(), build.existing) == (None, None, None)
    assert len(calls) == 1


def test_what_exists_is_known_without_building_it() -> None:
    build = once(object)
    assert build.existing is None
    built = build()
    assert build.existing is built
    build.forget()
    assert build.existing is None
    assert build() is not built


def test_a_call_that_raises_is_not_the_first() -> None:
    results = iter([ValueError("no"), "yes"])

    @once
    def build() -> str:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    with pytest.raises(ValueError, match="no"):
        build()
    assert (build(), build()) == ("yes", "yes")


def test_threads_share_one_object_of_each_kind(pool: ThreadPoolExecutor, environment: pytest.MonkeyPatch) -> None:
    """A host serves many requests at once, from its first moment on; leases that are unknown cannot be given back."""
    environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    environment.setenv("TABLE_NAME", "none")
    for _ in range(5):
        rewire()
        all_ask = threading.Barrier(THREADS)

        def ask(barrier: threading.Barrier = all_ask) -> tuple[int, ...]:
            barrier.wait(60)
            return tuple(map(id, (wiring.turns(), wiring.completions(), wiring.leases(), wiring.http_client())))

        asked = [pool.submit(ask) for _ in range(THREADS)]
        assert len({one.result(60) for one in asked}) == 1


def test_giving_leases_back_builds_nothing(environment: pytest.MonkeyPatch) -> None:
    rewire()
    wiring.release_leases()
    assert wiring.leases.existing is None
    assert wiring.table.existing is None
