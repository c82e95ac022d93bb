"""Server-sent events in a stream of bytes, parsed as the HTML standard demands.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

Lines are split as bytes and decoded one by one. So a character that two chunks share stays whole, and a line ends only
where the standard says so: U+2028 within a text does not end it.
"""

from collections.abc import Iterable, Iterator


class EventTooLong(ValueError):
    """An event is longer than what is read of one."""


def data_of(chunks: Iterable[bytes], max_bytes: int) -> Iterator[str]:
    """The data of each event. The last event counts without its blank line too, because some servers omit that.

    Raises EventTooLong for an event of more than `max_bytes` bytes.
    """
    data: list[str] = []
    left = max_bytes
    for line in _lines(chunks, max_bytes):
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
            left -= len(value)
            if left < 0:
                raise EventTooLong
        elif not line and data:
            yield "\n".join(data)
            data, left = [], max_bytes
    if data:
        yield "\n".join(data)


def _lines(chunks: Iterable[bytes], max_bytes: int) -> Iterator[str]:
    """The lines. Each byte is read once, however long a line is and in however many pieces it arrives.

    Raises EventTooLong for a line of more than `max_bytes` bytes, also where it arrives in one piece.
    """
    unfinished: list[bytes] = []
    length, after_cr = 0, False
    for chunk in filter(None, chunks):
        first, *others = _split(chunk[1:] if after_cr and chunk[:1] == b"\n" else chunk)
        after_cr = chunk[-1:] == b"\r"
        unfinished.append(first)
        length += len(first)
        for line in others:
            if length > max_bytes:
                raise EventTooLong
            yield _text(unfinished)
            unfinished, length = [line], len(line)
        if length > max_bytes:
            raise EventTooLong
    if any(unfinished):
        yield _text(unfinished)


def _split(chunk: bytes) -> list[bytes]:
    """What stands before, between and after the ends of lines. Of bytes, `splitlines` knows LF, CR and CRLF only."""
    lines = chunk.splitlines()
    if chunk[-1:] in (b"", b"\r", b"\n"):
        lines.append(b"")
    return lines


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "replace").removeprefix("\ufeff")
