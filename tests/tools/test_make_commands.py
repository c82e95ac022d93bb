"""The modules that the Makefile runs can be imported as it runs them: with its PYTHONPATH and nothing more."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_RUN = re.compile(
    r"^\t@?(?P<variables>(?:[A-Z_]+=\S+ )*)\$\(BIN\)/python -m (?P<module>(?:bench|tools|tests)\S*)", re.M
)
COMMANDS = sorted({(run["variables"], run["module"]) for run in _RUN.finditer((ROOT / "Makefile").read_text())})


@pytest.mark.parametrize(("variables", "module"), COMMANDS)
def test_a_command_of_the_makefile_can_be_imported(variables: str, module: str) -> None:
    given = dict(variable.split("=", 1) for variable in variables.split())
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | given
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy; runpy.run_module({module!r}, run_name='imported')"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
