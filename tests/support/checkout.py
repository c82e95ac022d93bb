"""A copy of what is built, in which a test may edit and build without another test noticing."""

import shutil
import sys
from pathlib import Path

from tests.support.gateway import ROOT

FOLDERS = ("shared", "config", "functions", "tools")
FILES = ("template.yaml", "samconfig.toml", "Makefile")


def copy_to(root: Path) -> Path:
    """Copy it into the folder `root`, which is returned. It has this environment's `.venv`."""
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, symlinks=True)
    for file in FILES:
        shutil.copy(ROOT / file, root)
    (root / ".venv").symlink_to(sys.prefix)
    return root
