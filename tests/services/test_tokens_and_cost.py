"""What a message weighs and what an answer costs: estimates for cutting, exact arithmetic for money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.domain import Completion, Message, Price, SessionUsage, TokenCount, Tool, ToolCall, Usage
from agentos.domain.token_estimates import IMAGE_TOKENS, MESSAGE_TOKENS, estimate, estimate_text, estimate_tools
from agentos.services.replies import cost

AMOUNTS = st.integers(0, 10**7)
PRICES = st.floats(0, 1000)


def completion(prompt: int, output: int, cached: int = 0) -> Completion:
    tokens = TokenCount(prompt=prompt, completion=output, cached=cached)
    return Completion(text="hi", finish_reason="stop", tokens=tokens)


def used(cost_usd: float | None) -> Usage:
    return Usage(
        prompt_tokens=10, completion_tokens=5, total_tokens=15, cached_tokens=0, cost_usd=cost_usd, latency_ms=1
    )


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("日本語", 3), ("😀", 1)])
def test_four_bytes_make_a_token(text: str, tokens: int) -> None:
    assert estimate_text(text) == tokens


def test_a_message_weighs_its_text_its_images_and_its_frame() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "abcd"}, picture, picture]
    message = Message.model_validate({"role": "user", "content": parts})

    assert estimate(message) == 1 + 2 * IMAGE_TOKENS + MESSAGE_TOKENS
    assert estimate(Message(role="user", content="abcd")) == 1 + MESSAGE_TOKENS


def test_a_call_weighs_its_name_its_arguments_and_a_frame_of_its_own() -> None:
    sound = ToolCall(id="call_1", name="abcd", arguments={"a": "日本"})  # {"a":"日本"} has 14 bytes
    broken = ToolCall(id="call_2", name="abcde", arguments={}, invalid_arguments="x" * 400)

    message = Message(role="assistant", content="abcd", tool_calls=(sound, broken))
    assert estimate(message) == (1 + MESSAGE_TOKENS) + (1 + 4 + MESSAGE_TOKENS) + (2 + 100 + MESSAGE_TOKENS)
    assert estimate(Message(role="assistant", content="", tool_calls=(sound,))) == 1 + 4 + 2 * MESSAGE_TOKENS


def test_a_result_weighs_as_any_text() -> None:
    assert estimate(Message(role="tool", content="abcd", tool_call_id="call_1")) == 1 + MESSAGE_TOKENS


def test_tools_weigh_the_text_of_their_definitions() -> None:
    bare = Tool.model_validate({"type": "function", "function": {"name": "f"}})
    schema = {"type": "object", "properties": {"a": {"description": "d" * 4000}}}
    described = Tool.model_validate({"type": "function", "function": {"name": "f", "parameters": schema}})

    assert estimate_tools(()) == 0
    assert estimate_tools([bare]) == estimate_text('{"type":"function","function":{"name":"f"}}')
    assert 1000 + estimate_tools([bare]) < estimate_tools([described]) < 1100
    assert estimate_tools([bare, described]) == estimate_tools([bare]) + estimate_tools([described])


@given(st.text(min_size=1), st.text())
def test_more_text_never_weighs_less(text: str, more: str) -> None:
    assert estimate_text(text) <= estimate_text(text + more) <= estimate_text(text) + estimate_text(more)


def test_cost_counts_cached_tokens_at_their_own_price() -> None:
    price = Price(input=2.0, output=10.0, cached_input=0.5)
    assert cost(completion(1_000_000, 100_000), price) == 3.0
    assert cost(completion(1_000_000, 100_000, cached=400_000), price) == 1.2 + 0.2 + 1.0


def test_without_a_price_for_cached_tokens_they_cost_as_any_other() -> None:
    price = Price(input=2.0, output=10.0)
    assert cost(completion(1000, 10, cached=400), price) == cost(completion(1000, 10), price)


def test_a_provider_that_counts_more_cached_than_sent_never_makes_the_cost_negative() -> None:
    price = Price(input=2.0, output=10.0, cached_input=0.5)
    assert cost(completion(1000, 0, cached=5000), price) == cost(completion(1000, 0, cached=1000), price)


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_an_unknown_price_is_unknown_and_never_free(prompt: int, output: int, cached: int) -> None:
    assert cost(completion(prompt, output, cached), None) is None
    assert cost(completion(prompt, output, cached), Price(input=0, output=0)) == 0


@given(AMOUNTS, AMOUNTS, AMOUNTS, PRICES, PRICES)
def test_cost_is_never_negative_and_grows_with_use(
    prompt: int, output: int, more: int, input_price: float, output_price: float
) -> None:
    price = Price(input=input_price, output=output_price)
    known = cost(completion(prompt, output), price)
    assert known is not None
    assert 0 <= known <= (cost(completion(prompt + more, output + more), price) or 0.0)


def test_a_sessions_sum_is_unknown_as_soon_as_one_turn_is() -> None:
    total = SessionUsage().plus(used(0.1)).plus(used(0.2))
    assert total.cost_usd == 0.3
    assert (total.prompt_tokens, total.completion_tokens, total.total_tokens) == (20, 10, 30)

    assert total.plus(used(None)).cost_usd is None
    assert total.plus(used(None)).plus(used(0.1)).cost_usd is None
