"""Bar charts as SVG, drawn without a library."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, LABELS, BAR, GAP = 760, 250, 22, 8
FONT = 'font-family="sans-serif" font-size="13"'
OURS, OTHERS = "#2f6f5e", "#9aa5b1"


def bars(title: str, values: Mapping[str, float], ours: Sequence[str], unit: str) -> str:
    """One bar for each value, the smallest first. `ours` have a colour of their own."""
    most = max(values.values())
    height = 48 + len(values) * (BAR + GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT} {_label(title)}>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="bold" fill="#1f2933">{escape(title)}</text>',
    ]
    for index, (name, value) in enumerate(sorted(values.items(), key=lambda one: one[1])):
        top = 40 + index * (BAR + GAP)
        colour = OURS if name in ours else OTHERS
        length = max(2.0, value / most * (WIDTH - LABELS - 90))
        lines += [
            f'<text x="{LABELS - 8}" y="{top + 16}" text-anchor="end" fill="#1f2933">{escape(name)}</text>',
            f'<rect x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" rx="3" fill="{colour}"/>',
            f'<text x="{LABELS + length + 6:.1f}" y="{top + 16}" fill="#1f2933">{value:.2f} {escape(unit)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def _label(title: str) -> str:
    """What a screen reader says of the chart."""
    return f'role="img" aria-label="{escape(title)}"'
