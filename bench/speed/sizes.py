"""How large what is deployed is."""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.support.gateway import ROOT

LAYER = ROOT / ".aws-sam" / "build" / "Layer"
UV = ROOT / ".venv" / "bin" / "uv"
LOCK = ROOT / "shared" / "requirements.txt"
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
"""As shared/Makefile has them."""


def layer() -> dict[str, float] | None:
    """Megabytes of the layer as `make build` has left it, with and without its bytecode; None where it was not
    built."""
    if not LAYER.is_dir():
        return None
    files = [path for path in LAYER.rglob("*") if path.is_file() and not path.is_symlink()]
    return {"whole": _megabytes(files), "without bytecode": _megabytes(f for f in files if f.suffix != ".pyc")}


def wheels() -> dict[str, float] | None:
    """Megabytes of the layer's libraries for each processor, unpacked; None where they cannot be fetched."""
    found = {}
    for processor, platform in PLATFORMS.items():
        with tempfile.TemporaryDirectory() as folder:
            wanted = f"--python-platform {platform} --python-version 3.13 --only-binary :all: --require-hashes".split()
            command = [str(UV), "pip", "install", "--quiet", "--no-config", "--target", folder, *wanted]
            if subprocess.run([*command, "--requirements", str(LOCK)], capture_output=True).returncode:
                return None
            found[processor] = _megabytes(path for path in Path(folder).rglob("*") if path.is_file())
    return found


def _megabytes(files: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in files) / 1024 / 1024
