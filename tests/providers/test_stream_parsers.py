"""Both framings of streams, with any bytes, cut anywhere: the same events, and no error but the one that is classified.

HttpAdapter turns EventTooLong and BadResponse into UpstreamError.
"""

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentos.providers.answers import BadResponse
from agentos.providers.bedrock.stream import events_of
from agentos.providers.sse import EventTooLong, data_of
from tests.providers.recordings import recording
from tests.providers.streamed import SPLIT, message_of, on_the_wire
from tests.support.odd_json import damaged, in_pieces
from tests.support.properties import examples

MAX_BYTES = 40
WORDS = st.binary(max_size=6) | st.text(max_size=30).map(str.encode)
FIELDS = st.sampled_from([b"data: ", b"data:", b"data", b": ", b"event: x", b"id", b"\xef\xbb\xbf", b"\xe2\x80\xa8"])
LINE_ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
STREAMS = st.lists(FIELDS | WORDS | LINE_ENDS, max_size=20).map(b"".join)

FRAMES = on_the_wire("bedrock", SPLIT["bedrock"](recording("bedrock/tool_calls_parallel").body))
FRAMED = list(events_of([FRAMES]))


def read(events: Iterable[Any]) -> tuple[list[Any], str]:
    """The events, and the classified error that ended them."""
    found: list[Any] = []
    try:
        found.extend(events)
    except (EventTooLong, BadResponse) as error:
        return found, repr(error)
    return found, ""


@examples(300)
@given(data=st.data(), content=STREAMS)
def test_server_sent_events_are_the_same_however_they_are_cut(data: st.DataObject, content: bytes) -> None:
    found, error = read(data_of([content], MAX_BYTES))
    assert all(len(text) <= MAX_BYTES + text.count("\n") for text in found)
    assert (found, error) == read(data_of(data.draw(in_pieces(content)), MAX_BYTES))
    assert (found, error) == read(data_of([bytes([byte]) for byte in content], MAX_BYTES))


@examples(100)
@given(data=st.data(), texts=st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=10)))
def test_whatever_is_sent_as_data_arrives(data: st.DataObject, texts: list[str]) -> None:
    end = data.draw(LINE_ENDS)
    content = b"".join(b"data: " + text.encode() + end + b": a comment" + end + end for text in texts)
    assert read(data_of(data.draw(in_pieces(content)), MAX_BYTES)) == (texts, "")


@examples(150)
@given(data=st.data())
def test_frames_are_the_same_however_they_are_cut(data: st.DataObject) -> None:
    assert read(events_of(data.draw(in_pieces(FRAMES)))) == (FRAMED, "")


@examples(150)
@given(data=st.data())
def test_damaged_frames_are_never_another_event(data: st.DataObject) -> None:
    """The checksums end the stream where it is damaged. One that is only cut ends before the answer does."""
    content = data.draw(damaged(FRAMES))
    found, error = read(events_of(data.draw(in_pieces(content))))
    assert found == FRAMED[: len(found)]
    assert error or FRAMES.startswith(content)


@examples(200)
@given(data=st.data(), headers=st.binary(max_size=30), payload=st.binary(max_size=20))
def test_frames_of_any_headers_and_payload(data: st.DataObject, headers: bytes, payload: bytes) -> None:
    """With true checksums."""
    content = message_of(headers, payload) + FRAMES
    found, error = read(events_of(data.draw(in_pieces(content))))
    assert (found, error) == read(events_of([content]))
    assert error or found[1:] == FRAMED
    assert all(isinstance(kind, str) and isinstance(event, dict) for kind, event in found)
