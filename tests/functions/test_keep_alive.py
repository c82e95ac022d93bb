"""Comments on a silent stream: clients ignore them, and none is sent before the status is known."""

import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.functions.conftest import Chat, Providers, chat
from tests.support.gateway import Answer, StreamingContext
from tests.support.sdks import openai
from tests.support.sse import events, text_of
from tests.support.upstream import refusal, streamed_reply

COMMENT = b": keep-alive\n\n"
LONGEST = 60  # seconds until a test gives up. No result depends on it.
Configure = Callable[[str], None]


class Watched(StreamingContext):
    """`silent` blocks until a comment, or what stands for it, has been sent."""

    def __init__(self, comment: bytes = COMMENT) -> None:
        super().__init__()
        self._comment = comment
        self._commented = threading.Event()

    def open_stream(self, head: dict[str, Any]) -> Callable[[bytes], None]:
        keep = super().open_stream(head)

        def send(piece: bytes) -> None:
            keep(piece)
            if piece == self._comment:
                self._commented.set()

        return send

    def silent(self) -> None:
        self._commented.clear()
        assert self._commented.wait(LONGEST)


@pytest.fixture
def talk(api: Any, providers: Providers, configure: Configure) -> Chat:
    configure("limits: {keepAliveSeconds: 0.02}")
    return chat(api)


def message(talk: Chat, context: StreamingContext) -> Answer:
    answer: Answer = talk.api("send_message", {"content": "Hi"}, query={"stream": "true"}, context=context, **talk.path)
    return answer


def completion(talk: Chat, context: StreamingContext) -> Answer:
    body = {"model": "openai:gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    answer: Answer = talk.api("chat_completions", body, context=context)
    return answer


def test_a_silent_stream_gets_comments_between_its_events(talk: Chat, providers: Providers) -> None:
    context = Watched()
    providers.openai.script = [streamed_reply("Hel", context.silent, "lo", context.silent)]
    found = events(message(talk, context).text)
    assert text_of(found) == "Hello"
    assert [event.id for event in found] == [1, 2, 3, 4]
    assert context.pieces.count(COMMENT) >= 2
    assert context.pieces[0] != COMMENT


def test_openais_own_client_ignores_comments(talk: Chat, providers: Providers) -> None:
    context = Watched()
    providers.openai.script = [streamed_reply("Hel", context.silent, "lo", context.silent)]
    body = completion(talk, context).text
    assert body.count(COMMENT.decode()) >= 2

    answer = httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=body)
    )
    client = openai.OpenAI(api_key="any", base_url="http://door.test/v1", http_client=httpx2.Client(transport=answer))
    stream = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Hi"}], stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello"


@pytest.mark.parametrize("door", [message, completion])
def test_nothing_is_sent_before_the_status_is_known(
    door: Callable[[Chat, StreamingContext], Answer], talk: Chat, providers: Providers
) -> None:
    """Each provider takes many times as long as a comment takes to come, and then refuses."""
    context = StreamingContext()
    pause = threading.Event()
    slow = refusal(401)
    slow.before = lambda: pause.wait(0.3)
    providers.openai.script = [slow]
    providers.gemini.default = refusal(401)
    answer = door(talk, context)
    assert answer.status >= 400
    assert COMMENT.decode() not in answer.text


def test_an_interval_of_zero_sends_no_comments(api: Any, providers: Providers, configure: Configure) -> None:
    configure("limits: {keepAliveSeconds: 0}")
    during: list[str] = []
    look = lambda: during.extend(thread.name for thread in threading.enumerate())  # noqa: E731
    providers.openai.script = [streamed_reply("Hel", look, "lo")]
    answer = message(chat(api), StreamingContext())
    assert text_of(events(answer.text)) == "Hello"
    assert during
    assert "keep-alive" not in during


def test_no_thread_is_left_when_the_stream_has_ended(talk: Chat, providers: Providers) -> None:
    providers.openai.script = [streamed_reply("Hello")]
    message(talk, StreamingContext())
    providers.openai.script = [streamed_reply("Hel", end=())]
    message(talk, StreamingContext())
    assert "keep-alive" not in {thread.name for thread in threading.enumerate()}


def test_anthropics_clients_get_events_in_their_place(talk: Chat, providers: Providers) -> None:
    ping = b'event: ping\ndata: {"type":"ping"}\n\n'
    context = Watched(ping)
    providers.openai.script = [streamed_reply("Hel", context.silent, "lo", context.silent)]
    body = {"model": "openai:gpt-4o-mini", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    assert talk.api("anthropic_messages", body, context=context).status == 200
    assert context.pieces.count(ping) >= 2
    assert COMMENT not in context.pieces
    assert b"message_start" in context.pieces[0]
    assert b"message_stop" in [piece for piece in context.pieces if piece != ping][-1]
