"""The configuration as JSON, which the layer's build makes, is the same as the YAML that it is made from."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agentos.settings.schema import ConfigFile
from tests.support.gateway import ROOT

CONFIG = ROOT / "config"
LOAD = """
import sys
from agentos.settings.loading import load_settings
settings = load_settings({})
print(settings.prices_checked_at, len(settings.models), "yaml" in sys.modules)
"""


def compiled(source: Path, folder: Path) -> Path:
    """The JSON that the layer's build makes of a YAML file."""
    copy = shutil.copy(source, folder)
    subprocess.run([sys.executable, ROOT / "shared" / "config_as_json.py", copy], check=True)
    return Path(copy).with_suffix(".json")


def loaded_by(python_path: Path) -> list[str]:
    """The date of the prices, the number of models, and whether YAML was loaded, in a new process."""
    environment = {"PYTHONPATH": str(python_path), "PATH": os.environ["PATH"]}
    run = subprocess.run([sys.executable, "-c", LOAD], env=environment, check=True, capture_output=True, text=True)
    return run.stdout.split()


def test_it_means_the_same(tmp_path: Path) -> None:
    source = CONFIG / "default.yaml"
    from_json, from_yaml = json.loads(compiled(source, tmp_path).read_text()), yaml.safe_load(source.read_text())
    assert ConfigFile.model_validate(from_json) == ConfigFile.model_validate(from_yaml)
    assert ConfigFile.model_validate(from_json).model_dump() == ConfigFile.model_validate(from_yaml).model_dump()


@pytest.mark.parametrize("text", ["a: 2026-11-27", "a: 0.1", "a: '0.10'", "a: 12345678901234567890", "a: ü", "a:"])
def test_values_stay_what_they_are(tmp_path: Path, text: str) -> None:
    (tmp_path / "in").mkdir()
    source = tmp_path / "in" / "some.yaml"
    source.write_text(text)
    (found,) = json.loads(compiled(source, tmp_path).read_text()).values()
    (expected,) = yaml.safe_load(text).values()
    assert found == (str(expected) if text == "a: 2026-11-27" else expected)


def test_a_layer_loads_it_and_no_yaml_parser(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "python" / "agentos").symlink_to(ROOT / "shared" / "agentos")
    compiled(CONFIG / "default.yaml", tmp_path / "config")
    *settings, yaml_was_loaded = loaded_by(tmp_path / "python")
    *same, yaml_is_needed_here = loaded_by(ROOT / "shared")
    assert settings == same
    assert (yaml_was_loaded, yaml_is_needed_here) == ("False", "True")
