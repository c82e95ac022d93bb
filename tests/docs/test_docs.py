"""Documents that are generated from code or quote it agree with the code."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from agentos.settings.loading import load_settings
from local import cloudformation
from tests.docs.collected import DOCUMENTS
from tests.support.gateway import ROOT


@pytest.mark.parametrize("name", ["provider_matrix", "provider_limits"])
def test_pages_made_from_the_configuration_are_up_to_date(name: str) -> None:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.PAGE.read_text() == module.page(), "run `make docs`"


PAGES = [*DOCUMENTS, ROOT / "shared" / "lambda_streaming" / "README.md", *(ROOT / "docs" / "adr").glob("*.md")]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes from the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_json_and_yaml_in_documents_parse(page) -> None:
    for language, block in re.findall(r"```(json|yaml)\n(.*?)```", page.read_text(), re.S):
        json.loads(block) if language == "json" else cloudformation.parsed(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_in_documents_exist(page) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`?make ([a-z]+[a-z-]*)[ `\n]", _code(page.read_text()))) <= targets


SETTINGS = load_settings({})
LIMITS = [
    (part.split("\n")[0], name, text)
    for part in re.split(r"^## ", (ROOT / "docs" / "providers.md").read_text(), flags=re.M)
    for name, text in re.findall(r"^### `(.+?)`\n(.*?)(?=^### |\Z)", part, re.M | re.S)
]


def test_every_provider_has_its_limitations_under_its_wire_format() -> None:
    assert sorted(name for _, name, _ in LIMITS) == sorted(SETTINGS.providers)
    places = {(SETTINGS.providers[name].settings.format, part) for part, name, _ in LIMITS}
    assert len(places) == len({part for _, part in places}) == len({wire_format for wire_format, _ in places})


@pytest.mark.parametrize(("name", "text"), [entry[1:] for entry in LIMITS], ids=[name for _, name, _ in LIMITS])
def test_limitations_name_what_the_configuration_knows(name: str, text: str) -> None:
    provider, settings = SETTINGS.providers[name], SETTINGS.providers[name].settings
    models = [facts for model, facts in SETTINGS.models.items() if model.startswith(f"{name}:")]
    expected = ["- **Tokens.**", "- **Latency.**", "- **Parameters.**"]
    expected += [f"`{given}`" for pair in settings.parameters.items() for given in pair]
    expected += [f"`{parameter}`" for facts in models for parameter in facts.unsupported]
    expected += [f"`{parameter}`" for parameter in provider.unsupported]
    expected += [] if settings.stream_options else ["`stream_options`"]
    expected += [] if name == "echo" else [f"<!-- limits of {name} -->", "- **Changed on the way.**"]
    assert [words for words in expected if words not in text] == []


def _code(text: str) -> str:
    """Only in code: prose uses the word "make" too."""
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.S))
