"""Draws docs/images/rooms.svg from the imports of shared/agentos and functions: `python tools/architecture.py`."""

import ast
import textwrap
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "shared" / "agentos"
PICTURE = ROOT / "docs" / "images" / "rooms.svg"

WIDTH, BOX_HEIGHT, GAP, MARGIN, LANE = 960, 64, 34, 20, 26
ORDER = ["functions", "api", "wiring", "services", "routing", "providers", "store", "settings", "domain", "kernel"]
"""From top to bottom and from left to right."""
LEFT = {"store"}
"""Rooms whose arrows pass other rooms on the left."""

Place = tuple[float, float, float]
"""Left edge, top edge, width."""

OTHERS = {
    "functions": "One Lambda handler for each endpoint, about 15 lines: declare, call one service, return.",
    "wiring": "Builds what a function needs, once.",
}
"""Rooms that are no package, with their descriptions."""


def rooms() -> list[str]:
    """The names of all rooms."""
    packages = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    return [*OTHERS, *packages]


def files(room: str) -> list[Path]:
    """The Python files of a room."""
    if room == "functions":
        return sorted((ROOT / "functions").rglob("*.py"))
    return [PACKAGE / "wiring.py"] if room == "wiring" else sorted((PACKAGE / room).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The rooms that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "agentos":
            names = [f"agentos.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("agentos."))


@cache
def imports(room: str) -> frozenset[str]:
    """The other rooms that a room imports."""
    found = {name for path in files(room) for name in imported(path)}
    return frozenset(found & set(rooms()) - {room})


@cache
def reachable(room: str) -> frozenset[str]:
    """The rooms that a room imports directly or through others."""
    return imports(room).union(*(reachable(other) for other in imports(room)))


def arrows(room: str) -> list[str]:
    """The direct imports that no other import implies."""
    implied = set().union(*(reachable(other) for other in imports(room)))
    return sorted(imports(room) - implied)


@cache
def height(room: str) -> int:
    """How many rooms are below: the longest chain of imports."""
    return max((1 + height(other) for other in imports(room)), default=0)


def description(room: str) -> str:
    """The first paragraph of the room's docstring."""
    if room in OTHERS:
        return OTHERS[room]
    docstring = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text())) or ""
    return docstring.split("\n\n")[0].replace("\n", " ")


def layout() -> dict[str, Place]:
    """The place of each room's box, and of each lane: a narrow gap where an arrow passes a level.

    The rooms that import most are on top. A lane is on the side of the room where its arrow ends.
    """
    ordered = [room for room in ORDER if room in rooms()] + [room for room in rooms() if room not in ORDER]
    places: dict[str, Place] = {}
    for row, level in enumerate(sorted({height(room) for room in rooms()}, reverse=True)):
        beside = [room for room in ordered if height(room) == level]
        passing = [(room, other) for room in ordered for other in arrows(room) if height(room) > level > height(other)]
        left = [lane(*ends, level) for ends in passing if ends[1] in LEFT]
        slots = [*left, *beside, *(lane(*ends, level) for ends in passing if ends[1] not in LEFT)]
        width = (WIDTH - 2 * MARGIN - LANE * len(passing) - GAP * (len(beside) - 1)) / len(beside)
        x = float(MARGIN)
        for slot in slots:
            size = width if slot in beside else LANE
            places[slot] = x, MARGIN + row * (BOX_HEIGHT + GAP), size
            x += size + (GAP if slot in beside and slot != beside[-1] else 0)
    return places


def lane(room: str, other: str, level: int) -> str:
    """The name of an arrow's lane at a level that it passes."""
    return f"{room} to {other} at {level}"


def box(room: str, place: Place) -> str:
    """A room's box with its name and description."""
    left, top, width = place
    text = "".join(
        f'<text x="{left + 12:.0f}" y="{top + 38 + 15 * index:.0f}" class="words">{escape(line)}</text>'
        for index, line in enumerate(textwrap.wrap(description(room), int(width / 6.9))[:2])
    )
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="7"/>'
        f'<text x="{left + 12:.0f}" y="{top + 20:.0f}" class="name">{room}</text>{text}'
    )


def line(room: str, other: str, places: dict[str, Place]) -> str:
    """The arrow from a room to another, through the lanes of the levels between them."""
    ends = sorted(arrows(room), key=lambda end: places[end][0] + places[end][2] / 2)
    sources = sorted((r for r in rooms() if other in arrows(r)), key=lambda r: places[r][0] + places[r][2] / 2)
    x = places[room][0] + places[room][2] * (ends.index(other) + 1) / (len(ends) + 1)
    y = places[room][1] + BOX_HEIGHT
    path = f"M{x:.0f} {y:.0f}"
    levels = range(height(room) - 1, height(other), -1)
    end_x = places[other][0] + places[other][2] * (sources.index(room) + 1) / (len(sources) + 1)
    for left, top, width in (places[lane(room, other, level)] for level in levels):
        path += curve(y, left + width / 2, top, x) + f" V{top + BOX_HEIGHT:.0f}"
        x, y = left + width / 2, top + BOX_HEIGHT
    return f'<path d="{path}{curve(y, end_x, places[other][1] - 5, x)}" marker-end="url(#head)"/>'


def curve(from_y: float, to_x: float, to_y: float, from_x: float) -> str:
    """The part of a path that runs from one row to the next."""
    middle = (from_y + to_y) / 2
    return f" C{from_x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"


STYLE = """
rect { fill: #f6f8fa; stroke: #57606a; }
path { fill: none; stroke: #57606a; stroke-width: 1.4; }
text { font-family: -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.name { font-size: 14px; font-weight: 600; } .words { font-size: 12px; fill: #424a53; } marker path { fill: #57606a; }
svg { background: #ffffff; }
"""


def picture() -> str:
    """The whole SVG."""
    places = layout()
    total = max(top for _, top, _ in places.values()) + BOX_HEIGHT + MARGIN
    lines = [line(room, other, places) for room in rooms() for other in arrows(room)]
    boxes = [box(room, places[room]) for room in rooms()]
    tip = '<path d="M0 0 L8 4 L0 8 z"/>'
    head = f'<marker id="head" markerWidth="9" markerHeight="8" refX="4" refY="4" orient="auto">{tip}</marker>'
    body = "\n".join([*lines, *boxes])
    size = f'width="{WIDTH}" height="{total}" viewBox="0 0 {WIDTH} {total}"'
    title = "The rooms of shared/agentos. An arrow is an import; imports that others imply are left out."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<defs>{head}</defs>\n{body}\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(picture())
