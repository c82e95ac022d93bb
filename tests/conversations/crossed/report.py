"""How many conversations were crossed between which providers, as a page of the documentation."""

from collections import Counter
from platform import python_version

from hypothesis import __version__ as hypothesis_version

from tests.conversations.crossed.conversation import MODELS

HEAD = """# Conversations crossed between providers

`make test-deep` wrote this page. Hypothesis makes conversations: roles, parts of text, images of several kinds, tools
and calls of odd names and ids, results, refusals, blanks, every parameter. The first provider answers some turns and
goes down; the next turn is another's. Ten fakes that refuse what the real providers refuse
(`tests/conversations/fakes`, each rule with its source) stand behind the whole stack. A pair holds where the other
provider's fake accepted what it was asked, received all that was said, and its answer came back, or where the plan said
that it cannot do what the conversation needs, with the reason.

"""


class Report:
    """Counts of pairs by how the conversation came in: a session's, or a client's own history at the OpenAI door."""

    def __init__(self, examples: int, seed: object) -> None:
        self._examples = examples
        self._seed = seed
        self._answered: Counter[tuple[str, str]] = Counter()
        self._skipped: Counter[tuple[str, str]] = Counter()
        self._not_begun: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()

    def count(self, kind: str, first: str, other: str, answered: bool) -> None:
        """One conversation that began at `first`, and whether `other` answered; where not, it could not."""
        self._kinds[kind] += 1
        (self._answered if answered else self._skipped)[first, other] += 1

    def cannot(self, kind: str, first: str) -> None:
        """One conversation that `first` could not begin."""
        self._not_begun[first] += 1

    def page(self) -> str:
        """Markdown."""
        pairs = [(first, other) for first in MODELS for other in MODELS if other != first]
        fewest = min(self._answered[pair] + self._skipped[pair] for pair in pairs)
        sessions, requests = self._kinds["session"], self._kinds["door"]
        facts = [
            f"- Seed: {self._seed}; examples for each first provider and way in: {self._examples:,}.",
            f"- Pairs checked: {sessions + requests:,} ({sessions:,} in sessions, {requests:,} at the OpenAI door).",
            f"- The fewest of an ordered pair: {fewest:,}. All held.",
            f"- Python {python_version()}, Hypothesis {hypothesis_version}.",
        ]
        names = list(MODELS)
        table = [
            "Answered, and behind the stroke left out as `unsupported`; a row is where the conversation began:",
            "",
            f"| | {' | '.join(names)} | could not begin |",
            f"|---|{'---|' * len(names)}---|",
            *map(self._row, names),
        ]
        return HEAD + "\n".join([*facts, "", *table]) + "\n"

    def _row(self, first: str) -> str:
        cells = [self._cell(first, name) for name in MODELS]
        return f"| {first} | {' | '.join(cells)} | {self._not_begun[first]:,} |"

    def _cell(self, first: str, other: str) -> str:
        return "" if first == other else f"{self._answered[first, other]:,} / {self._skipped[first, other]:,}"
