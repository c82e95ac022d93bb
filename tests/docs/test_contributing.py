"""CONTRIBUTING.md and README.md name files that exist."""

import re

import pytest

from tests.support.gateway import ROOT

NAMED = re.compile(r"`((?:\.ci/|\.env\.|[a-z_]+/|[A-Z]+\.md|[a-z]+\.(?:yaml|toml))[\w./-]*)`")
"""A path in code: in a folder of the repository, or one of its files at the top."""


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_named_path_exists(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_lists_of_files_are_read() -> None:
    named = NAMED.findall((ROOT / "CONTRIBUTING.md").read_text())
    expected = {".ci/run", ".env.example", "template.yaml", "CHANGELOG.md", "shared/agentos/wiring.py", "events/"}
    assert expected <= set(named)
    assert len(named) > 35


def test_the_licence_is_apache_2_as_declared() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert [line.strip() for line in licence.splitlines()[1:3]] == ["Apache License", "Version 2.0, January 2004"]
    assert "END OF TERMS AND CONDITIONS" in licence
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()


def test_the_version_is_the_changelogs_latest() -> None:
    from agentos import __version__

    assert re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)[0] == __version__
    assert f"| {'.'.join(__version__.split('.')[:2])}.x | yes |" in (ROOT / "SECURITY.md").read_text()
