"""The local host takes routes, functions and the table from template.yaml."""

from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from local.dynamodb import DynamoDBError, ensure_table
from local.template import load_template
from tests.e2e.hosting import ROOT

TEMPLATE = load_template(ROOT / "template.yaml", "a-table")


def test_every_function_is_there_with_its_file() -> None:
    declared = yaml.load((ROOT / "template.yaml").read_text(), Loader=yaml.BaseLoader)["Resources"]
    names = {name for name, resource in declared.items() if resource["Type"] == "AWS::Serverless::Function"}
    assert {function.name for function in TEMPLATE.functions} == names
    for function in TEMPLATE.functions:
        assert (function.folder / "app.py").is_file()


def test_globals_and_what_a_function_says_itself() -> None:
    functions = {function.name: function for function in TEMPLATE.functions}
    send, health = functions["SendMessageFunction"], functions["HealthFunction"]
    assert (send.timeout, send.memory, send.handler) == (310, 512, "app.handler")
    assert (health.timeout, health.memory, health.handler) == (10, 256, "app.handler")


def test_references() -> None:
    assert TEMPLATE.environment["TABLE_NAME"] == TEMPLATE.table["TableName"] == "a-table"
    assert TEMPLATE.environment["OPENAI_API_KEY"] == ""
    assert TEMPLATE.stage == "v1"


def test_which_routes_stream() -> None:
    routes = load_template(ROOT / "tests" / "e2e" / "streamer" / "template.yaml", "any").routes
    streams = {route.path: route.streams for route in routes}
    assert streams == {"/streamed/{name}": True, "/buffered/{name}": False, "/plain/{name}": False}


def test_short_tags_are_read(tmp_path: Path) -> None:
    text = (ROOT / "template.yaml").read_text()
    (tmp_path / "template.yaml").write_text(text.replace('AGENTOS_CONFIG: ""', "AGENTOS_CONFIG: !Sub '${Table}/x'"))
    assert load_template(tmp_path / "template.yaml", "t").environment["AGENTOS_CONFIG"] == ""


def test_the_table_is_created_once(environment: pytest.MonkeyPatch, dynamodb_endpoint: str) -> None:
    template = load_template(ROOT / "template.yaml", f"t-{uuid4().hex}")
    assert ensure_table(dynamodb_endpoint, template) is True
    assert ensure_table(dynamodb_endpoint, template) is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http:// not a url"])
def test_where_no_dynamodb_answers_the_error_has_the_url(environment: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(DynamoDBError, match=f"no table at {url}"):
        ensure_table(url, TEMPLATE)
