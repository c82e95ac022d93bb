"""Writes a YAML file as JSON beside it: `python config_as_json.py config/default.yaml`.

The layer's build does so, because JSON is loaded much faster. Dates become texts, as JSON has none.
"""

import json
import sys
from pathlib import Path

import yaml


def main(source: Path) -> None:
    document = yaml.safe_load(source.read_bytes())
    source.with_suffix(".json").write_text(json.dumps(document, default=str))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
