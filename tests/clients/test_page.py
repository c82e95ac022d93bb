"""The programs of docs/clients.md that are marked as tried run as they stand there."""

import re
from pathlib import Path

import pytest

from tests.clients.conftest import NODE_MODULES, PYTHON, Behind, run
from tests.support.gateway import ROOT

PAGE = (ROOT / "docs/clients.md").read_text()
SECTIONS = re.findall(r"^## ([^\n]+): (tried|not tried)$\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
PROGRAMS = {
    name: (block[1], block[2])
    for name, mark, text in SECTIONS
    if mark == "tried" and (block := re.search(r"^```(python|js)\n(.*?)^```$", text, re.M | re.S))
}


def test_fifteen_clients_are_on_the_page_and_most_are_tried() -> None:
    assert len(SECTIONS) == len(re.findall("^## ", PAGE, re.M)) >= 15
    assert {name for name, mark, _ in SECTIONS if mark == "tried"} == {*PROGRAMS, "curl"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_client_gets_its_answer(behind: Behind, tmp_path: Path, name: str) -> None:
    language, program = PROGRAMS[name]
    file = tmp_path / ("program.py" if language == "python" else "program.mjs")
    file.write_text(program.replace("http://localhost:8080", behind.url))
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    printed = run([PYTHON if language == "python" else "node", file], behind.environment())
    assert "Hello from upstream." in printed or "inhabitants=175000" in printed
