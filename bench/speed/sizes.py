"""How large what is deployed is."""

from collections.abc import Iterable
from pathlib import Path

from tests.support.gateway import ROOT

LAYER = ROOT / ".aws-sam" / "build" / "Layer"


def layer() -> dict[str, float] | None:
    """Megabytes of the layer as `make build` has left it, with and without its bytecode; None where it was not
    built."""
    if not LAYER.is_dir():
        return None
    files = [path for path in LAYER.rglob("*") if path.is_file() and not path.is_symlink()]
    return {"whole": _megabytes(files), "without bytecode": _megabytes(f for f in files if f.suffix != ".pyc")}


def functions() -> float:
    """Megabytes of all functions' own code."""
    return _megabytes((ROOT / "functions").rglob("app.py"))


def _megabytes(files: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in files) / 1024 / 1024
