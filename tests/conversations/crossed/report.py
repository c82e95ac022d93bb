"""How many conversations were crossed between which providers, as a page of the documentation.

    python -m tests.conversations.crossed.report FOLDER PAGE

Writes the page from the counts in the folder. The tests write them there, a file for each way in.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from platform import python_version

from hypothesis import __version__ as hypothesis_version

from tests.conversations.crossed.conversation import MODELS

HEAD = """# Conversations crossed between providers

`make test-deep` wrote this page. Hypothesis makes conversations: roles, parts of text, images of several kinds, tools
and calls of odd names and ids, results, refusals, blanks, every parameter. The first provider answers some turns and
goes down; the next turn is another's. Fakes that refuse what the real providers refuse
(`tests/conversations/fakes`, each rule with its source) stand behind the whole stack. A pair holds where the other
provider's fake accepted what it was asked, received all that was said, and its answer came back, or where the plan said
that it cannot do what the conversation needs, with the reason.

"""


class Report:
    """Counts of pairs. `kind`: how the conversation came in, in a "session" or, with its own history, at the "door"."""

    def __init__(self, kind: str, examples: int, seed: object) -> None:
        self.kind = kind
        self.examples = examples
        self.seed = seed
        self.answered: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.not_begun: Counter[str] = Counter()

    def count(self, first: str, other: str, answered: bool) -> None:
        """One conversation that began at `first`, and whether `other` answered; where not, it could not."""
        (self.answered if answered else self.skipped)[f"{first} {other}"] += 1

    def cannot(self, first: str) -> None:
        """One conversation that `first` could not begin."""
        self.not_begun[first] += 1

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.kind}.json").write_text(json.dumps(vars(self)))

    @classmethod
    def saved(cls, file: Path) -> "Report":
        fields = json.loads(file.read_text())
        report = cls(fields["kind"], fields["examples"], fields["seed"])
        for name in ("answered", "skipped", "not_begun"):
            getattr(report, name).update(fields[name])
        return report

    @property
    def pairs(self) -> int:
        """How many pairs were checked."""
        return self.answered.total() + self.skipped.total()


def page(session: Report, door: Report) -> str:
    """Markdown."""
    reports = (session, door)
    pairs = [f"{first} {other}" for first in MODELS for other in MODELS if other != first]
    fewest = min(sum(one.answered[pair] + one.skipped[pair] for one in reports) for pair in pairs)
    examples = f"{session.examples:,} in sessions, {door.examples:,} at the door"
    ways = f"{session.pairs:,} in sessions, {door.pairs:,} at the OpenAI door"
    facts = [
        f"- Seed: {session.seed}; examples for each first provider: {examples}.",
        f"- Pairs checked: {session.pairs + door.pairs:,} ({ways}).",
        f"- The fewest of an ordered pair: {fewest:,}. All held.",
        f"- Python {python_version()}, Hypothesis {hypothesis_version}.",
    ]
    names = list(MODELS)
    table = [
        "Answered, and behind the stroke left out as `unsupported`; a row is where the conversation began:",
        "",
        f"| | {' | '.join(names)} | could not begin |",
        f"|---|{'---|' * len(names)}---|",
        *(_row(reports, name) for name in names),
    ]
    return HEAD + "\n".join([*facts, "", *table]) + "\n"


def _row(reports: Sequence[Report], first: str) -> str:
    cells = [_cell(reports, first, name) for name in MODELS]
    return f"| {first} | {' | '.join(cells)} | {sum(one.not_begun[first] for one in reports):,} |"


def _cell(reports: Sequence[Report], first: str, other: str) -> str:
    if first == other:
        return ""
    pair = f"{first} {other}"
    return f"{sum(one.answered[pair] for one in reports):,} / {sum(one.skipped[pair] for one in reports):,}"


if __name__ == "__main__":
    folder, target = map(Path, sys.argv[1:])
    target.write_text(page(Report.saved(folder / "session.json"), Report.saved(folder / "door.json")))
