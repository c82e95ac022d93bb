"""`Idempotency-Key` at OpenAI's door: answered once, replayed as it was, whole or streamed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.functions.conftest import Gate
from tests.support.clock import ShiftedClock
from tests.support.gateway import StreamingContext
from tests.support.long_text import ASCII, unpressable
from tests.support.upstream import CUT, answer, refusal, told

HEADERS = {"Idempotency-Key": "order 4711"}
WEEK = 7 * 24 * 3600


def ask(api: Any, content: str = "Hello", headers: dict[str, str] = HEADERS, **fields: Any) -> Any:
    body = {"model": "local:any", "messages": [{"role": "user", "content": content}], **fields}
    return api("chat_completions", body, headers=headers, context=StreamingContext())


def test_the_same_request_has_the_same_answer(api: Any, upstream: Any) -> None:
    upstream.script = [answer("First"), answer("Second")]
    first, again = ask(api), ask(api)
    assert first.status == 200
    assert (again.status, again.json) == (200, first.json)
    assert len(upstream.requests) == 1
    assert ask(api, headers={"Idempotency-Key": "another"}).json["choices"][0]["message"]["content"] == "Second"


def test_a_streamed_answer_is_replayed_in_the_same_pieces(api: Any, upstream: Any) -> None:
    upstream.script = [told("Hel", "lo, ", "world")]
    first, again = ask(api, stream=True), ask(api, stream=True)
    assert first.text.count("data: ") > 4
    assert again.text == first.text
    assert len(upstream.requests) == 1


def test_another_body_is_refused(api: Any, upstream: Any) -> None:
    assert ask(api).status == 200
    refused = ask(api, "Goodbye")
    assert (refused.status, refused.json["error"]["code"]) == (422, "idempotency_mismatch")


def test_tenants_do_not_share_keys(upstream: Any, table_name: str, api: Any) -> None:
    api.tenant = "one"
    ask(api, "Hello")
    api.tenant = "two"
    assert ask(api, "Something else").status == 200


def test_the_key_of_a_request_that_failed_can_be_used_again(api: Any, upstream: Any) -> None:
    upstream.script = [refusal(401), refusal(401), answer("At last")]  # the server's own fallback is asked, too
    assert ask(api).status == 502
    assert ask(api, "Another body").json["choices"][0]["message"]["content"] == "At last"


def test_an_answer_that_broke_off_is_not_kept(api: Any, upstream: Any) -> None:
    upstream.script = [told("Hel", end=(CUT,)), told("Hello")]
    assert '"error"' in ask(api, stream=True).text
    assert ask(api, stream=True).text.endswith("data: [DONE]\n\n")
    assert len(upstream.requests) == 2


def test_while_the_first_is_being_answered_the_second_is_told_to_wait(
    api: Any, upstream: Any, pool: ThreadPoolExecutor
) -> None:
    gate = Gate(upstream)
    first = pool.submit(ask, api)
    assert gate.reached.wait(60)
    waiting, other = ask(api), ask(api, "Another body")
    gate.release.set()
    assert (waiting.status, waiting.json["error"]["code"]) == (409, "idempotency_in_flight")
    assert int(waiting.headers["retry-after"]) >= 1
    assert other.json["error"]["code"] == "idempotency_mismatch"
    answered = first.result(60)
    assert ask(api).json == answered.json
    assert len(upstream.requests) == 1


def test_a_key_is_good_for_a_week(api: Any, upstream: Any, clock: ShiftedClock) -> None:
    upstream.script = [answer("First"), answer("Second")]
    first = ask(api)
    clock.shift = WEEK - 60
    assert ask(api).json == first.json
    clock.shift = WEEK + 60
    assert ask(api).json["choices"][0]["message"]["content"] == "Second"


def test_an_answer_larger_than_an_item_is_kept_whole(api: Any, upstream: Any) -> None:
    text = unpressable(ASCII, 900_000)
    upstream.script = [answer(text)]
    first, again = ask(api), ask(api)
    assert first.json["choices"][0]["message"]["content"] == text
    assert again.json == first.json
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel"])
def test_a_bad_key_is_named(api: Any, upstream: Any, key: str) -> None:
    refused = ask(api, headers={"Idempotency-Key": key})
    assert (refused.status, refused.json["error"]["param"]) == (400, "Idempotency-Key")
    assert upstream.requests == []
