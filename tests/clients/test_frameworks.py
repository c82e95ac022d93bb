"""Agent frameworks with their defaults: nothing but an address, a key and a model is said to them."""

import pytest

from tests.clients.conftest import HERE, PYTHON, Behind, run

SCRIPTS = sorted(file.name for file in (HERE / "python").glob("*.py") if file.name != "langchain_standard.py")


@pytest.mark.parametrize("script", SCRIPTS)
def test_its_examples_run(behind: Behind, script: str) -> None:
    run([PYTHON, HERE / "python" / script], behind.environment())
    assert behind.openai.refusals == behind.anthropic.refusals == []
