"""The window of history that is sent along: whole turns, from the newest back, within the budget."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Message
from agentos.history import window

Weighed = tuple[Message, int]
Turn = list[Weighed]

TOKENS = st.integers(0, 50)


def message(role: str, tokens: int) -> Weighed:
    return Message.model_validate({"role": role, "content": f"{role} {tokens}"}), tokens


OPENINGS = st.builds(message, st.sampled_from(["user", "system"]), TOKENS)
ANSWERS = st.lists(st.builds(message, st.just("assistant"), TOKENS), max_size=2)
TURNS: st.SearchStrategy[list[Turn]] = st.lists(st.builds(lambda first, rest: [first, *rest], OPENINGS, ANSWERS))


def newest_first(turns: list[Turn]) -> list[Weighed]:
    return [item for turn in reversed(turns) for item in reversed(turn)]


def weight(turns: list[Turn]) -> int:
    return sum(tokens for turn in turns for _, tokens in turn)


@given(TURNS, st.integers(-10, 400))
def test_the_newest_whole_turns_that_fit_are_sent_and_no_more(turns: list[Turn], budget: int) -> None:
    kept = len(turns)
    while kept and weight(turns[-kept:]) > budget:
        kept -= 1

    sent = window(newest_first(turns), budget)

    assert list(sent) == [item for turn in turns[len(turns) - kept :] for item, _ in turn]


@given(TURNS, st.integers(0, 400))
def test_what_is_sent_begins_with_a_client_and_keeps_the_order(turns: list[Turn], budget: int) -> None:
    sent = window(newest_first(turns), budget)
    everything = [item for turn in turns for item, _ in turn]

    assert not sent or sent[0].role in ("user", "system")
    assert list(sent) == everything[len(everything) - len(sent) :]


@given(TURNS, st.integers(0, 400))
def test_nothing_is_read_past_the_message_that_breaks_the_budget(turns: list[Turn], budget: int) -> None:
    read: list[int] = []

    def reading() -> Iterator[Weighed]:
        for item, tokens in newest_first(turns):
            read.append(tokens)
            yield item, tokens

    window(reading(), budget)

    assert sum(read[:-1]) <= budget


def test_an_answer_never_loses_its_question() -> None:
    turns = [[message("user", 40), message("assistant", 10)]]
    assert window(newest_first(turns), 49) == ()
    assert len(window(newest_first(turns), 50)) == 2
