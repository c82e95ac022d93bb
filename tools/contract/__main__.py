"""Writes shared/agentos/api/openapi.json: `make docs`."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "shared"))

FILE = ROOT / "shared" / "agentos" / "api" / "openapi.json"


def text() -> str:
    """The document as it is stored: readable, so that a change of the contract can be reviewed."""
    from tools.contract.document import document

    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
