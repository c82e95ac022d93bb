"""How tests are spread over workers: a folder whose tests share a build runs in one process."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.gateway import ROOT

CONFTEST = """
from tests.support.schedule import FileScheduling

def pytest_xdist_make_scheduler(config, log):
    return FileScheduling(config, log)
"""

TEST = """
import os, pathlib, pytest

@pytest.mark.parametrize("number", range(4))
def test_it(number):
    with open(pathlib.Path(os.environ["NOTES"]), "a") as notes:
        notes.write(f"{__file__} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


def test_a_file_stays_in_one_worker_and_so_does_a_folder_with_a_build(tmp_path: Path) -> None:
    folders = ("sam_local", "deployed")
    files = [f"{folder}/test_{name}.py" for folder in (*folders, "e2e") for name in "ab"]
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n')
    for name in files:
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEST)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    ours = {"PYTHONPATH": str(ROOT), "NOTES": str(tmp_path / "notes"), "PYTEST_ADDOPTS": ""}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}

    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "3",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:langsmith_plugin",
        "tests",
    ]
    done = subprocess.run(command, cwd=tmp_path, env=inherited | ours, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    ran = {tuple(line.split()) for line in (tmp_path / "notes").read_text().splitlines()}
    assert len({file for file, _ in ran}) == len(files)
    assert len(ran) == len(files), "a file's tests were parted"
    for folder in folders:
        assert len({worker for file, worker in ran if f"/{folder}/" in file}) == 1
    assert len({worker for _, worker in ran}) > 1
