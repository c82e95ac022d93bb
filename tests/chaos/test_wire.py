"""The proxy of `make chaos` passes on whole answers, whichever way a server says where they end."""

import asyncio

import pytest

from bench.chaos.wire import Message, read_message

BODY = b"x" * 100_000


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n186A0\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + BODY,
    ],
    ids=["length", "chunks", "end of the connection"],
)
def test_an_answer_is_read_whole(answer: bytes) -> None:
    async def read() -> Message:
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        reader.feed_eof()
        return await read_message(reader)

    assert asyncio.run(read()).body == BODY
