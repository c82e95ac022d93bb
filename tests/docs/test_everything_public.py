"""Everything public is documented with a sentence, and nothing else is."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from agentos.domain import RequestLimits, SkipCode
from agentos.domain.measures import MEASURES
from agentos.domain.reasoning import Reasoning
from agentos.kernel.errors import ErrorClass
from agentos.settings.loading import load_settings
from tests.docs import collected
from tests.support.gateway import ROOT

DOCS = ROOT / "docs"
CONFIGURATION, API, METRICS, ROUTING = (DOCS / f"{name}.md" for name in ("configuration", "api", "metrics", "routing"))
CONTRIBUTING = ROOT / "CONTRIBUTING.md"

WORDS_OF_A_SENTENCE = 3
"""Beside the name. The shortest sentence is of the form "Always `agentos`."; most have ten words and more."""

CODE = re.compile(r"`[^`\n]+`")


def statements(page: Path) -> Iterator[str]:
    """The table rows, list items and paragraphs of a page. Blocks of code are examples, not sentences."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)
    for block in re.split(r"\n\s*\n", text):
        yield from re.split(r"\n(?=\||\s*- )", block)


def says_something(statement: str) -> bool:
    """Whether there are enough words for a sentence outside code and links."""
    return len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\]\([^)]*\)", "", CODE.sub("", statement)))) >= WORDS_OF_A_SENTENCE


def named_in(statements: list[str]) -> set[str]:
    """Every word in code on the page, in rows, items and paragraphs that hold a sentence."""
    codes = (code for statement in statements if says_something(statement) for code in CODE.findall(statement))
    return {word for code in codes for word in re.findall(r"[\w<][\w<>.\[\]-]*", code)}


@cache
def explained(page: Path) -> set[str]:
    """The words that the page explains."""
    return named_in(list(statements(page)))


def rows(page: Path, heading: str) -> list[str]:
    """The first cell of every table row below a heading, down to the next of its level or above."""
    level = heading.partition(" ")[0]
    after = f"\n{page.read_text()}".partition(f"\n{heading}\n")[2]
    assert after, f"{page.name} has no {heading}"
    below = re.split(rf"^#{{1,{len(level)}}} ", after, flags=re.M)[0]
    return re.findall(r"^\| `([^`]+)` \|", below, re.M)


def test_every_setting_has_a_row_and_no_other() -> None:
    assert sorted(rows(CONFIGURATION, "## Settings in YAML")) == sorted(collected.settings())
    assert set(collected.settings()) <= explained(CONFIGURATION)


def test_every_limit_of_a_request_has_a_row_and_no_other() -> None:
    fields = [str(field.alias) for field in RequestLimits.model_fields.values()]
    assert sorted(rows(CONFIGURATION, "## Limits of a request")) == sorted(fields)


def test_every_field_of_a_models_reasoning_has_a_row_and_no_other() -> None:
    own = set(collected.settings(Reasoning))
    assert sorted(rows(CONFIGURATION, "## Reasoning of a model")) == sorted({"levels", *own})  # levels may be a list


def test_defaults_of_limits_and_health_are_those_of_the_configuration() -> None:
    shown = dict(re.findall(r"^\| `((?:limits|health)\.\w+)` \| (\d+) \|", CONFIGURATION.read_text(), re.M))
    settings = load_settings({})
    limits = {f"limits.{name}": value for name, value in settings.limits.to_json().items()}
    health = {f"health.{name}": value for name, value in settings.health.to_json().items()}
    assert {name: float(value) for name, value in shown.items()} == limits | health


def test_every_environment_variable_has_a_row_and_no_other() -> None:
    provided = {name for provider in load_settings({}).providers.values() for name in provider.variables}
    variables = collected.environment_variables()
    general = {"<PROVIDER>_API_KEY", "<PROVIDER>_ENDPOINT"}
    assert sorted(rows(CONFIGURATION, "## Environment variables")) == sorted((variables - provided) | general)
    assert variables - provided <= explained(CONFIGURATION)
    assert provided <= explained(DOCS / "provider-matrix.md")
    assert len(variables) > 50


def test_every_template_parameter_has_a_row_and_no_other() -> None:
    assert sorted(rows(CONFIGURATION, "## Template parameters")) == sorted(collected.template_parameters())
    assert collected.template_parameters() <= explained(CONFIGURATION)


def test_every_header_has_a_row_and_no_other() -> None:
    page = API.read_text()
    of_requests, of_responses = re.findall(r"^Of a (?:request|response)\..*?(?=^Of a |^## )", page, re.M | re.S)
    assert set(re.findall(r"^\| `([a-z-]+)` \|", of_requests, re.M)) == collected.request_headers()
    assert set(re.findall(r"^\| `([a-z-]+)` \|", of_responses, re.M)) == collected.response_headers()
    assert collected.request_headers() | collected.response_headers() <= explained(API)
    assert len(collected.request_headers()) >= 7
    assert len(collected.response_headers()) >= 9


def test_every_metric_and_dimension_has_a_row_and_no_other() -> None:
    assert sorted(rows(METRICS, "# Metrics")) == sorted(collected.metrics() | collected.dimensions())
    assert collected.metrics() | collected.dimensions() <= explained(METRICS)
    assert len(collected.metrics()) >= 20


def test_units_and_sums_of_metrics_are_those_that_are_written() -> None:
    shown = re.findall(r"^\| `(\w+)` \| ([\w ]+) \| ([^|]*)\|", METRICS.read_text(), re.M)
    units = {"count": "Count", "milliseconds": "Milliseconds", "US dollars": "None"}
    assert {name: units[unit] for name, unit, _ in shown} == {name: one.unit for name, one in MEASURES.items()}
    for name, _, by in shown:
        rollups = MEASURES[name].rollups
        dimensions = tuple(re.findall(r"`(\w+)`", by))
        assert (() in rollups) != by.strip().endswith("only"), name
        assert not dimensions or dimensions in rollups, name


def test_every_make_target_has_a_row_and_no_other() -> None:
    assert sorted(rows(CONTRIBUTING, "## Commands")) == sorted(f"make {name}" for name in collected.make_targets())
    assert len(collected.make_targets()) > 10


@pytest.mark.parametrize(
    ("page", "collect"),
    [
        (API, collected.error_codes),
        (API, collected.query_parameters),
        (ROUTING, lambda: {str(one) for one in ErrorClass}),
        (ROUTING, lambda: {str(one) for one in SkipCode}),
    ],
    ids=["error codes", "query parameters", "error classes", "skip reasons"],
)
def test_every_word_of_the_contract_is_explained(page: Path, collect: Callable[[], set[str]]) -> None:
    names = collect()
    assert names - explained(page) == set()
    assert len(names) > 4


def test_every_field_of_a_request_is_explained_somewhere() -> None:
    assert collected.body_fields() - set().union(*map(explained, collected.DOCUMENTS)) == set()
    assert {"fallbackModel", "upToMessageId", "salt"} <= collected.body_fields()


def test_a_name_alone_is_no_documentation() -> None:
    assert named_in(["| `PORT` | `8080` |", "`STORE`, `IMAGES`"]) == set()
    assert named_in(["| `PORT` | The port of `make run`. |"]) == {"PORT", "make", "run"}
