"""The window of history that is sent: whole turns, from the newest back, within the budget."""

from hypothesis import given
from hypothesis import strategies as st

from agentos.domain.history import extended, trimmed, window

TURNS = st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=5).map(tuple), max_size=12).map(tuple)
BUDGETS = st.integers(-10, 400)
COUNTS = st.integers(0, 40)


@given(TURNS, BUDGETS, COUNTS)
def test_the_newest_whole_turns_that_fit_are_sent_and_no_more(turns: tuple, budget: int, most: int) -> None:
    def fits(kept: tuple) -> bool:
        return sum(map(sum, kept)) <= budget and sum(map(len, kept)) <= most

    whole = [turns[len(turns) - count :] for count in range(len(turns) + 1)]
    expected = 0
    for kept in whole[1:]:
        if not fits(kept):
            break
        expected = sum(map(len, kept))
    assert window(turns, budget, most, open_turn=False) == expected


@given(TURNS.filter(bool), BUDGETS, COUNTS)
def test_an_open_turn_is_sent_whole_whatever_its_length(turns: tuple, budget: int, most: int) -> None:
    closed = window(turns, budget, most, open_turn=False)
    assert window(turns, budget, most, open_turn=True) == max(closed, len(turns[-1]))


@given(TURNS, BUDGETS, COUNTS, st.booleans())
def test_turns_that_are_not_remembered_could_not_have_been_sent(
    turns: tuple, budget: int, most: int, open_turn: bool
) -> None:
    kept = trimmed(turns, most)
    assert window(kept, budget, most, open_turn=open_turn) == window(turns, budget, most, open_turn=open_turn)
    assert kept == turns[len(turns) - len(kept) :]


@given(TURNS, st.lists(st.integers(0, 50), min_size=1).map(tuple))
def test_messages_make_a_turn_of_their_own_or_go_on_with_the_last(turns: tuple, lengths: tuple) -> None:
    assert extended(turns, lengths, new_turn=True) == (*turns, lengths)
    further = extended(turns, lengths, new_turn=False)
    assert sum(further, ()) == sum(turns, ()) + lengths
    assert len(further) == max(1, len(turns))


def test_a_session_of_any_length_remembers_a_bounded_number() -> None:
    turns: tuple = ()
    for _ in range(5000):
        turns = trimmed(extended(turns, (10, 20), new_turn=True), 60)
    assert sum(map(len, turns)) == 60
