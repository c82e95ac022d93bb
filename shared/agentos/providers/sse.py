"""Server-sent events in a stream of bytes, as the HTML standard reads them.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

Lines are taken apart as bytes and decoded one by one, so that a character which two chunks share stays whole, and a
line ends only where the standard says so: U+2028 within a text is not the end of it.
"""

import re
from collections.abc import Iterable, Iterator

_LINE_END = re.compile(rb"\r\n|\n|\r")


def data_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of each event. The last one counts without its blank line too: some servers leave that out."""
    data: list[str] = []
    for line in _lines(chunks):
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Each byte is looked at once, however long a line is and in however many pieces it comes."""
    unfinished: list[bytes] = []
    after_cr = False
    for chunk in filter(None, chunks):
        first, *others = _LINE_END.split(chunk[1:] if after_cr and chunk[:1] == b"\n" else chunk)
        after_cr = chunk[-1:] == b"\r"
        unfinished.append(first)
        for line in others:
            yield _text(unfinished)
            unfinished = [line]
    if any(unfinished):
        yield _text(unfinished)


def _text(pieces: list[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "replace").removeprefix("\ufeff")
