"""Our reader of HTTP answers reads what the standard library's reads, however the bytes arrive."""

import io
from http.client import HTTPException, HTTPResponse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos.store.transport.http import read_answer, request_bytes

LONG = 1_000_000


class Pieces:
    """A socket from which the bytes come in pieces of a size."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = io.BytesIO(data), size

    def recv(self, limit: int) -> bytes:
        return self._data.read(min(limit, self._size))

    def makefile(self, *_: Any) -> io.BytesIO:
        return self._data


names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map(lambda name: f"X-{name}")
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%X;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nx-late: 1\r\n\r\n"


@given(
    st.sampled_from([200, 400, 500, 503]),
    st.dictionaries(names, texts, max_size=5),
    st.binary(max_size=300),
    st.sampled_from(["length", "chunks", "end", "length, closed", "old", "continued"]),
    st.integers(1, 50),
)
def test_any_answer_is_read_as_the_standard_library_reads_it(
    status: int, headers: dict[str, str], body: bytes, kind: str, size: int
) -> None:
    more = {"chunks": {"Transfer-Encoding": "chunked"}, "end": {}}.get(kind, {"Content-Length": str(len(body))})
    more |= {"Connection": "close"} if kind == "length, closed" else {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **more}.items())
    head = f"HTTP/1.{int(kind != 'old')} {status} A reason\r\n{lines}\r\n".encode()
    data = head + (chunked(body, size) if kind == "chunks" else body)
    if kind == "continued":
        data = b"HTTP/1.1 100 Continue\r\n\r\n" + data

    response = HTTPResponse(Pieces(data, size), method="POST")  # type: ignore[arg-type]
    response.begin()
    theirs = response.read()
    answer, kept = read_answer(Pieces(data, size), LONG)  # type: ignore[arg-type]

    assert (answer.status, answer.body) == (response.status, theirs) == (status, body)
    assert answer.headers == {name.lower(): value.strip() for name, value in response.getheaders()}
    assert kept == (not response.will_close)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_an_answer_or_none(data: bytes, size: int) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"):
        try:
            _, kept = read_answer(Pieces(start + data, size), LONG)  # type: ignore[arg-type]
        except HTTPException:
            continue
        assert kept in (True, False)


@pytest.mark.parametrize("head", ["content-length: 10", "transfer-encoding: chunked"])
@pytest.mark.parametrize("bound", [3, LONG])
def test_a_cut_or_long_body_is_not_the_end_of_a_request(head: str, bound: int) -> None:
    data = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + (b"5\r\nabcde\r\n" if "chunked" in head else b"abcde")
    try:
        answer, kept = read_answer(Pieces(data, 100), bound)  # type: ignore[arg-type]
    except HTTPException:
        assert bound == LONG
        assert "chunked" in head
    else:
        assert len(answer.body) == min(bound, 5)
        assert not kept


@pytest.mark.parametrize("length", ["-1", "x", "1e3", ""])
def test_a_length_that_is_no_number_is_no_answer(length: str) -> None:
    data = f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nbody".encode()
    with pytest.raises(HTTPException):
        read_answer(Pieces(data, 100), LONG)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["a\r\nx-more: 1", "a\nb", "a\rb", "日"])
def test_a_header_cannot_bring_another(value: str) -> None:
    with pytest.raises(ValueError, match=r"line break|latin-1"):
        request_bytes("/", {"x-amz-security-token": value}, b"")
