"""Clients in JavaScript: the makers' official SDKs, and Vercel's AI SDK."""

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import HERE, NODE_MODULES, Behind, run

SCRIPTS = sorted(file.name for file in (HERE / "node").glob("*.mjs"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_its_examples_run(behind: Behind, tmp_path: Path, script: str) -> None:
    shutil.copy(HERE / "node" / script, tmp_path)  # beside what it imports
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    run(["node", tmp_path / script], behind.environment())
    assert behind.openai.refusals == behind.anthropic.refusals == []
