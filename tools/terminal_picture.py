"""Draws a command and the table that it prints as an SVG picture of a terminal: `picture(command, output)`."""

import re
from html import escape

SIZE, COLUMN, LINE = 14, 8.4, 24
"""The font, the width of one character in it and the height of a line, in px."""

LEFT, TOP, CHARACTERS = 28, 70, 86
LIGHTS = ("#ff5f57", "#febc2e", "#28c840")
STYLE = (
    f"text {{ font: {SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;"
    " fill: #d7deea; white-space: pre }"
    " .good { fill: #7ee2a8 } .bad { fill: #ff9e8f } .model { fill: #8fc1ff } .dim { fill: #8592a8 }"
)
ITEM = re.compile(r"[^\s,]+(?: [^\s,]+)*,?")
"""An entry of the table: columns are separated by two spaces or more, a list's items by a comma."""


def picture(command: str, output: str) -> str:
    """The SVG document. Colours follow the words: what went well, what failed, which model it was."""
    heading, *rows = output.rstrip().splitlines()
    lines = [
        [(0, "good", "$"), (2, "plain", command)],
        [(item.start(), "dim", item[0]) for item in ITEM.finditer(heading)],
        *([(item.start(), _kind(item[0]), item[0]) for item in ITEM.finditer(row)] for row in rows),
    ]
    width, height = round(2 * LEFT + CHARACTERS * COLUMN), TOP + LINE * len(lines)
    lights = (f'<circle cx="{LEFT + 6 + 20 * i}" cy="28" r="6" fill="{light}"/>' for i, light in enumerate(LIGHTS))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(command)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" rx="10" fill="#151a24"/>',
            "".join(lights),
            *(_line(items, TOP + LINE * number) for number, items in enumerate(lines)),
            "</svg>\n",
        ]
    )


def _line(items: list[tuple[int, str, str]], y: int) -> str:
    """Each item at a place of its own, so that columns stay straight in every font."""
    return "".join(
        f'<text x="{LEFT + at * COLUMN:g}" y="{y}" class="{kind}">{escape(text)}</text>' for at, kind, text in items
    )


def _kind(item: str) -> str:
    word = item.rstrip(",")
    if word in ("ok", "200", "passed"):
        return "good"
    if word.startswith("("):
        return "dim"
    return "model" if ":" in word else "bad"
