"""How many conversations are made, and where their counts go."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conversations.crossed.report import Report

EXAMPLES = int(os.environ.get("CROSSED_EXAMPLES", "10"))
"""For each first provider and way in."""


@contextmanager
def counted(kind: str, request: pytest.FixtureRequest) -> Iterator[Report]:
    """The counts of a module's tests. They are saved in CROSSED_COUNTS, if it is set and all tests passed: the page
    made of them says that all pairs held."""
    report = Report(kind, EXAMPLES, request.config.getoption("--hypothesis-seed"))
    failed_before = request.session.testsfailed
    yield report
    folder = os.environ.get("CROSSED_COUNTS")
    if folder and request.session.testsfailed == failed_before:
        report.save(Path(folder))
