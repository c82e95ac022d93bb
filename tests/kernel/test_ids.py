"""Ids sort in the order of their creation, are never repeated, and are recognized by their form."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.kernel.ids import first_id, is_id, made_at_milliseconds, new_id

KINDS = ("agent", "sess", "msg", "turn")
GOOD = "agent_01jd0000000000000000000000"


def made_at(milliseconds: int) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: milliseconds * 1_000_000 + 999_999)
        return new_id("agent")


@given(st.integers(0, 2**48 - 2), st.integers(1, 2**40))
def test_a_later_id_sorts_after_an_earlier_one(start: int, later: int) -> None:
    end = min(start + later, 2**48 - 1)
    assert made_at(start) < made_at(end)


@given(st.integers(0, 2**48 - 1))
def test_every_id_is_recognised_whenever_it_was_made(milliseconds: int) -> None:
    assert is_id("agent", made_at(milliseconds))


@given(st.integers(0, 2**48 - 2))
def test_an_id_says_when_it_was_made_and_sorts_there(milliseconds: int) -> None:
    made = made_at(milliseconds)
    assert made_at_milliseconds(made) == milliseconds
    assert first_id("agent", milliseconds) <= made < first_id("agent", milliseconds + 1)


def test_an_id_can_be_made_for_another_moment() -> None:
    assert made_at_milliseconds(new_id("turn", 1_795_348_800.25)) == 1_795_348_800_250


def test_ids_of_the_same_moment_differ() -> None:
    assert len({made_at(1_795_348_800_000) for _ in range(2000)}) == 2000


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_is_of_one_kind_only(kind: str) -> None:
    made = new_id(kind)
    assert made.startswith(f"{kind}_")
    assert [other for other in KINDS if is_id(other, made)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agent",
        "agent_",
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        GOOD.upper(),
        GOOD.replace("_", "-"),
        "sess" + GOOD[5:],
        "agent_agent_" + GOOD[12:],
        GOOD[:-1] + "l",  # not in Crockford's alphabet, nor are i, o and u
        GOOD[:-1] + "#",
        GOOD[:-1] + "٣",
        "agent_8" + GOOD[7:],  # more than 128 bits
        GOOD[:-1] + "\ud800",
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert is_id("agent", GOOD)
    assert not is_id("agent", text)
    assert not is_id("nothing", GOOD)
