"""A bounded memory forgets what was unused for the longest time."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from agentos.kernel.recent import Recent

KEYS = st.integers(0, 5)
CALLS = st.lists(st.tuples(st.sampled_from(["get", "put"]), KEYS))


@given(CALLS, st.integers(1, 4))
def test_the_last_used_are_remembered(calls: list[tuple[str, int]], size: int) -> None:
    recent: Recent[int, str] = Recent(size)
    used: list[int] = []  # the longest unused key first

    def get(key: int) -> None:
        assert recent.get(key) == (str(key) if key in used else None)
        if key in used:
            used.remove(key)
            used.append(key)

    def put(key: int) -> None:
        assert recent.put(key, str(key)) == str(key)
        used[:] = [*(other for other in used if other != key), key][-size:]

    do: dict[str, Callable[[int], None]] = {"get": get, "put": put}
    for name, key in calls:
        do[name](key)
    assert [key for key in range(6) if recent.get(key) is not None] == sorted(used)


def test_a_value_is_replaced() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("a", 2)
    assert recent.get("a") == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=20))
def test_values_weigh_no_more_than_the_size(puts: list[tuple[int, int]]) -> None:
    recent: Recent[int, int] = Recent(10, lambda value: value)
    kept: dict[int, int] = {}  # the longest unused first
    for key, weight in puts:
        recent.put(key, weight)
        kept.pop(key, None)
        kept[key] = weight
        while sum(kept.values()) > 10:
            del kept[next(iter(kept))]
    assert {key: recent.get(key) for key in range(4)} == {key: kept.get(key) for key in range(4)}
