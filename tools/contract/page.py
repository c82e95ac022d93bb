"""What docs/api.md says: prose, examples and tables, so that the document says the same in the same words."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "api.md"

_SECTION = re.compile(r"^### `(\w+) (\S+)` → (\d+)$(.*?)(?=^##)", re.M | re.S)
_BLOCK = re.compile(r"^```.*?^```\n?", re.M | re.S)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_LINES_OF_A_PARAGRAPH = re.compile(r"(?<=[^\n])\n(?=[^\n\s|-])|\n {2,}(?=\S)")


@dataclass(frozen=True)
class Section:
    """What the page says of one route. `body` and `answer` are its examples; None without one."""

    status: int
    prose: str
    body: Any
    answer: Any


@cache
def page() -> str:
    """The page's text."""
    return PAGE.read_text()


@cache
def sections() -> dict[tuple[str, str], Section]:
    """The sections by method and path."""
    return {(method, path): _section(int(status), text) for method, path, status, text in _SECTION.findall(page())}


def _section(status: int, text: str) -> Section:
    body, answer = re.search(r"-d '(.*?)'", text, re.S), re.search(r"```json\n(.*?)```", text, re.S)
    return Section(status, plain(text), body and json.loads(body[1]), answer and json.loads(answer[1]))


def chapter(heading: str) -> str:
    """The prose below a heading of the second level, or of the third, down to the next heading."""
    found = re.search(rf"^###? {re.escape(heading)}$(.*?)(?=^##)", page(), re.M | re.S)
    if not found:
        raise ValueError(f"{PAGE.name} has no heading {heading!r}")
    return plain(found[1])


def introduction() -> str:
    """What the page says before its first heading, without its title."""
    return plain(re.split(r"^## ", page(), maxsplit=1, flags=re.M)[0].removeprefix("# API"))


def headers(which: str) -> dict[str, str]:
    """The sentence for each header of a `request` or a `response`."""
    (table,) = re.findall(rf"^Of a {which}\..*?(?=^Of a |^## )", page(), re.M | re.S)
    return {name: plain(text) for name, text in re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", table, re.M)}


def codes() -> dict[str, tuple[int, str]]:
    """The status of each error code, and what to do."""
    return {
        code: (int(status), plain(text))
        for code, status, text in re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", page(), re.M)
    }


def stream_example() -> str:
    """The events of a message's answer as they are sent."""
    (shown,) = re.findall(r"```text\n(id: .*?)```", page(), re.S)
    return str(shown)


def plain(text: str) -> str:
    """Text without blocks of code, without links, and with each paragraph on one line."""
    text = _LINK.sub(r"\1", _BLOCK.sub("", text))
    return _LINES_OF_A_PARAGRAPH.sub(" ", re.sub(r"\n{3,}", "\n\n", text)).strip()
