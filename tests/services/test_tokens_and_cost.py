"""How many tokens a message counts and what an answer costs: estimates for the window, exact arithmetic for money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import (
    Attempt,
    AttemptUsage,
    Completion,
    Message,
    Plan,
    Price,
    Reply,
    SessionUsage,
    Target,
    TokenCount,
    Tool,
    ToolCall,
)
from agentos.domain.prices import moment
from agentos.domain.token_estimates import IMAGE_TOKENS, MESSAGE_TOKENS, estimate, estimate_text, estimate_tools
from agentos.domain.usage import attempt_usage
from agentos.routing.execute import Outcome
from agentos.services.replies import make_reply
from tests.support.clock import FakeClock


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("日本語", 3), ("😀", 1)])
def test_four_bytes_make_a_token(text: str, tokens: int) -> None:
    assert estimate_text(text) == tokens


def test_the_tokens_of_a_message_are_its_text_its_images_and_its_frame() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "abcd"}, picture, picture]
    message = Message.model_validate({"role": "user", "content": parts})

    assert estimate(message) == 1 + 2 * IMAGE_TOKENS + MESSAGE_TOKENS
    assert estimate(Message(role="user", content="abcd")) == 1 + MESSAGE_TOKENS


def test_the_tokens_of_a_call_are_its_name_its_arguments_and_a_frame() -> None:
    sound = ToolCall(id="call_1", name="abcd", arguments={"a": "日本"})  # {"a":"日本"} has 14 bytes
    broken = ToolCall(id="call_2", name="abcde", arguments={}, invalid_arguments="x" * 400)

    message = Message(role="assistant", content="abcd", tool_calls=(sound, broken))
    assert estimate(message) == (1 + MESSAGE_TOKENS) + (1 + 4 + MESSAGE_TOKENS) + (2 + 100 + MESSAGE_TOKENS)
    assert estimate(Message(role="assistant", content="", tool_calls=(sound,))) == 1 + 4 + 2 * MESSAGE_TOKENS


def test_a_result_counts_like_any_text() -> None:
    assert estimate(Message(role="tool", content="abcd", tool_call_id="call_1")) == 1 + MESSAGE_TOKENS


def test_tools_count_the_text_of_their_definitions() -> None:
    bare = Tool.model_validate({"type": "function", "function": {"name": "f"}})
    schema = {"type": "object", "properties": {"a": {"description": "d" * 4000}}}
    described = Tool.model_validate({"type": "function", "function": {"name": "f", "parameters": schema}})

    assert estimate_tools(()) == 0
    assert estimate_tools([bare]) == estimate_text('{"type":"function","function":{"name":"f"}}')
    assert 1000 + estimate_tools([bare]) < estimate_tools([described]) < 1100
    assert estimate_tools([bare, described]) == estimate_tools([bare]) + estimate_tools([described])


@given(st.text(min_size=1), st.text())
def test_more_text_never_counts_fewer_tokens(text: str, more: str) -> None:
    assert estimate_text(text) <= estimate_text(text + more) <= estimate_text(text) + estimate_text(more)


# --- what a turn cost -----------------------------------------------------------------------------

RATES = st.decimals(0, 100, places=4)
COUNTS = st.builds(
    TokenCount, prompt=st.integers(1, 10**6), completion=st.integers(0, 10**5), cached=st.integers(0, 10**5)
)
PRICED = st.builds(lambda i, c, o: Price(input=i, cached_input=c, output=o), RATES, RATES, RATES)
WHEN = moment(1_795_348_800)


def an_outcome(*usages: AttemptUsage | None) -> Outcome:
    """Failed calls, then the answer."""
    shared = {"model": "a:m", "provider": "a", "upstream_model": "m", "status": 200, "latency_ms": 1}
    attempts = [Attempt(**shared, outcome="bad_response", usage=usage) for usage in usages]
    attempts[-1] = attempts[-1].model_copy(update={"outcome": "ok"})
    target = Target(model="a:m", provider="a", upstream_model="m", reason="test")
    return Outcome(Completion(text="hi", finish_reason="stop", tokens=TokenCount()), target, tuple(attempts), ())


def reply_to(*usages: AttemptUsage | None) -> Reply:
    plan = Plan(requested="a:m", targets=(), skipped=())
    return make_reply(plan, an_outcome(*usages), "msg_1", 0.0, FakeClock())


@given(st.lists(st.tuples(COUNTS, PRICED), min_size=1, max_size=6))
def test_for_any_turn_the_total_is_the_sum_over_all_calls_by_the_price_table(
    calls: list[tuple[TokenCount, Price]],
) -> None:
    reply = reply_to(*(attempt_usage(tokens, (price,), WHEN) for tokens, price in calls))
    exact = sum((by_the_table(tokens, price) for tokens, price in calls), Decimal())
    assert reply.usage.cost_usd == float(exact)

    stored = SessionUsage.model_validate(SessionUsage().plus(reply).to_json())
    twice = stored.plus(reply)
    assert twice.cost_usd == float(2 * exact)
    assert twice.prompt_tokens == 2 * sum(tokens.prompt or 0 for tokens, _ in calls)
    assert twice.completion_tokens == 2 * sum(tokens.completion or 0 for tokens, _ in calls)
    assert twice.unpriced == 0

    last = calls[-1][0]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (last.prompt, last.completion)


def by_the_table(tokens: TokenCount, price: Price) -> Decimal:
    """The price table's arithmetic, written a second time."""
    assert tokens.prompt is not None
    assert tokens.completion is not None
    assert price.cached_input is not None
    cached = min(tokens.cached, tokens.prompt)
    parts = ((tokens.prompt - cached, price.input), (cached, price.cached_input), (tokens.completion, price.output))
    return sum((count * rate for count, rate in parts), Decimal()) / 1_000_000


def known(cost_usd: float) -> AttemptUsage:
    return AttemptUsage(prompt_tokens=10, completion_tokens=5, total_tokens=15, cached_tokens=0, cost_usd=cost_usd)


UNKNOWN = attempt_usage(TokenCount(), (Price(input=1, output=1),), WHEN)


def test_a_call_that_was_not_counted_is_unknown_and_never_free() -> None:
    assert UNKNOWN.to_json() == {
        "promptTokens": None, "completionTokens": None, "totalTokens": None, "cachedTokens": None,
        "cacheWriteTokens": None, "reasoningTokens": None, "costUsd": None, "estimated": False,
    }  # fmt: skip
    reply = reply_to(known(0.5), UNKNOWN)
    assert (reply.usage.cost_usd, reply.usage.total_tokens) == (None, None)


def test_a_failed_call_that_was_not_counted_adds_no_known_cost() -> None:
    assert reply_to(None, known(0.1), None, known(0.2)).usage.cost_usd == 0.3


def test_a_sessions_cost_is_unknown_as_soon_as_one_turns_is_and_such_turns_are_counted() -> None:
    total = SessionUsage().plus(reply_to(known(0.1))).plus(reply_to(known(0.2)))
    assert (total.cost_usd, total.unpriced) == (0.3, 0)
    assert (total.prompt_tokens, total.completion_tokens, total.total_tokens) == (20, 10, 30)

    unknown = total.plus(reply_to(UNKNOWN))
    assert (unknown.cost_usd, unknown.unpriced, unknown.total_tokens) == (None, 1, 30)
    later = unknown.plus(reply_to(known(0.1)))
    assert (later.cost_usd, later.unpriced, later.total_tokens) == (None, 1, 45)
    assert later.plus(reply_to(UNKNOWN)).unpriced == 2


@pytest.mark.parametrize(("trusted", "expected"), [(True, 0.0123), (False, 0.00002)])
def test_a_cost_that_the_provider_names_counts_only_where_it_is_trusted(trusted: bool, expected: float) -> None:
    tokens = TokenCount(prompt=10, completion=10, cost=Decimal("0.0123"))
    assert attempt_usage(tokens, (Price(input=1, output=1),), WHEN, trust_cost=trusted).cost_usd == expected


def test_records_from_before_a_field_existed_still_load() -> None:
    old_usage = {
        "promptTokens": 10, "completionTokens": 5, "totalTokens": 15, "cachedTokens": 0, "costUsd": 0.1, "latencyMs": 9,
    }  # fmt: skip
    document = reply_to(known(0.1)).to_json()
    document["usage"] = old_usage
    del document["route"]["attempts"][0]["usage"]
    loaded = Reply.model_validate(document)
    assert loaded.usage.cost_usd == 0.1
    assert loaded.usage.cache_write_tokens is None
    assert loaded.usage.first_token_ms is None
    session = {"promptTokens": 1, "completionTokens": 1, "totalTokens": 2, "costUsd": 0.1}
    assert SessionUsage.model_validate(session).unpriced == 0
