"""Documents that are made from code or quote it stay true to it."""

import importlib.util
import json
import re

import pytest
import yaml

from tests.support.gateway import ROOT


def test_the_provider_matrix_is_made_from_the_configuration() -> None:
    spec = importlib.util.spec_from_file_location("provider_matrix", ROOT / "tools" / "provider_matrix.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.PAGE.read_text() == module.page(), "run `make docs`"


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_json_and_yaml_in_documents_parse(page) -> None:
    for language, block in re.findall(r"```(json|yaml)\n(.*?)```", page.read_text(), re.S):
        json.loads(block) if language == "json" else yaml.safe_load(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_in_documents_exist(page) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`?make ([a-z]+[a-z-]*)[ `\n]", _code(page.read_text()))) <= targets


def _code(text: str) -> str:
    """Only what stands in code: prose may make things too."""
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.S))
