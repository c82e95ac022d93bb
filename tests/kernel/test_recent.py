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
