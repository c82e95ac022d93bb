"""The local host takes routes, functions and the table from template.yaml."""

from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from local.cloudformation import read_template
from local.dynamodb import DynamoDBError, ensure_table
from local.events import match_path
from local.template import load_template
from tests.e2e.hosting import ROOT

TEMPLATE = load_template(ROOT / "template.yaml", "a-table")


def test_every_function_is_found_with_its_file() -> None:
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


def test_the_template_says_which_routes_stream() -> None:
    routes = load_template(ROOT / "tests" / "e2e" / "streamer" / "template.yaml", "any").routes
    streams = {route.path: route.streams for route in routes}
    assert streams == {"/streamed/{name}": True, "/buffered/{name}": False, "/plain/{name}": False}


def test_the_template_is_read_as_sam_reads_it() -> None:
    from samcli.yamlhelper import yaml_parse

    assert read_template(ROOT / "template.yaml") == yaml_parse((ROOT / "template.yaml").read_text())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # samcli's own
def test_sam_local_finds_the_same_function_for_every_route() -> None:
    """Where two routes of its share a path and a method, which of them wins is left to chance."""
    from samcli.lib.providers.api_provider import ApiProvider
    from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

    stacks, _ = SamLocalStackProvider.get_stacks(str(ROOT / "template.yaml"))
    theirs = [
        ((method, route.path), route.function_name)
        for route in ApiProvider(stacks).api.routes
        for method in route.methods
    ]
    assert len(dict(theirs)) == len(theirs)
    any_method = ("GET", "DELETE", "PUT", "POST", "HEAD", "OPTIONS", "PATCH")
    ours = {
        (method, route.path): route.function.name
        for route in TEMPLATE.routes
        for method in (any_method if route.method == "ANY" else (route.method,))
    }
    assert dict(theirs) == ours


def test_every_path_below_v1_has_openais_envelope_for_every_method() -> None:
    """API Gateway looks for a method only at the most specific path."""
    methods: dict[str, set[str]] = {}
    for route in TEMPLATE.routes:
        if route.path.startswith("/v1/"):
            methods.setdefault(route.path, set()).add(route.method)
    expected = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert methods.pop("/v1/{proxy+}") == expected | {"HEAD"}
    assert all(found == expected for found in methods.values()), methods


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("/v1/{proxy+}", "/v1/a/b%2Fc", {"proxy": "a/b/c"}),
        ("/v1/{proxy+}", "/v1/a", {"proxy": "a"}),
        ("/v1/{proxy+}", "/v1/", None),
        ("/v1/models/{model+}", "/v1/models/groq%3Aopenai/gpt-oss-20b/", {"model": "groq:openai/gpt-oss-20b"}),
        ("/v1/models/{model+}", "/v1/models", None),
        ("/v1/{proxy+}", "/v2/a/b", None),
        ("/agents/{agentId}", "/agents/a/b", None),
    ],
)
def test_a_greedy_parameter_takes_the_rest_of_the_path(pattern: str, path: str, found: dict[str, str] | None) -> None:
    assert match_path(pattern, path) == found


def test_short_tags_are_read(tmp_path: Path) -> None:
    text = (ROOT / "template.yaml").read_text()
    (tmp_path / "template.yaml").write_text(text.replace('AGENTOS_CONFIG: ""', "AGENTOS_CONFIG: !Sub '${Table}/x'"))
    assert load_template(tmp_path / "template.yaml", "t").environment["AGENTOS_CONFIG"] == ""


def test_the_table_is_created_once(environment: pytest.MonkeyPatch, dynamodb_endpoint: str) -> None:
    template = load_template(ROOT / "template.yaml", f"t-{uuid4().hex}")
    assert ensure_table(dynamodb_endpoint, template) is True
    assert ensure_table(dynamodb_endpoint, template) is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http:// not a url"])
def test_where_dynamodb_does_not_answer_the_error_names_the_url(environment: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(DynamoDBError, match=f"no table at {url}"):
        ensure_table(url, TEMPLATE)
