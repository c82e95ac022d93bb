"""The OpenAPI document: it is current, valid, complete, and says what docs/api.md and the template say."""

import json
import re
import subprocess
from typing import Any

import pytest

from agentos.api.console import PROTECTION
from agentos.kernel.errors import ApiError
from tests.contract.answers import FILE, check, document, operation_of, operations, resolved
from tests.docs import collected
from tests.replay.expected import EXPECTED
from tests.replay.test_api_document import PAGE, SECTIONS, routes
from tests.replay.test_events import EVENTS
from tests.support.gateway import ROOT, event, invoke
from tools.contract.__main__ import text

VALIDATOR = ROOT / ".venv" / "openapi" / "bin" / "openapi-spec-validator"


def test_the_document_is_current() -> None:
    assert FILE.read_text() == text(), "run make docs"


def test_it_is_valid() -> None:
    run = subprocess.run([VALIDATOR, "--schema", "3.1", FILE], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_it_has_every_route_of_the_template_and_no_other() -> None:
    described = {(one["method"], one["path"]) for one in operations().values()}
    assert described == {(method, path.replace("+}", "}")) for method, path in routes()}


def test_it_is_what_the_function_answers(api: Any) -> None:
    answer = invoke("openapi", event(None))
    assert answer.json == document()
    tag = answer.headers["etag"]
    assert answer.headers["cache-control"] == "public, max-age=300"
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        unchanged = invoke("openapi", event(None, headers={"If-None-Match": known}))
        assert (unchanged.status, unchanged.text, unchanged.headers["etag"]) == (304, "", tag)
    assert invoke("openapi", event(None, headers={"If-None-Match": '"other"'})).status == 200


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.method} {section.path}")
def test_the_examples_of_the_page_match_its_schemas(section: Any) -> None:
    operation = operation_of(routes()[section.method, section.path])
    answer = operation["responses"][str(section.status)]
    assert ("content" in answer) == (section.answer is not None)
    if section.answer is not None and operation["operationId"] != "openapi":
        check(answer["content"]["application/json"]["schema"], section.answer)
    if section.body:
        media = operation["requestBody"]["content"]["application/json"]
        check(media["schema"], json.loads(section.body))


def test_every_code_has_its_status_and_every_status_its_codes() -> None:
    def kinds(base: type[ApiError]) -> set[type[ApiError]]:
        return {base}.union(*map(kinds, base.__subclasses__()))

    known = collected.gateway_codes() | {kind.code: str(kind.status) for kind in kinds(ApiError)}
    found = set()
    for operation in operations().values():
        for status, answer in operation["responses"].items():
            for code in resolved(answer).get("content", {}).get("application/json", {}).get("examples", ()):
                assert known[code] == status, (operation["operationId"], code)
                found.add(code)
    assert found == set(known)
    assert document()["components"]["schemas"]["Error"]["properties"]["code"]["enum"] == sorted(known)


def test_every_example_matches_its_schema() -> None:
    for operation in operations().values():
        media = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        media += [resolved(answer).get("content", {}) for answer in operation["responses"].values()]
        for kinds in media:
            for kind in kinds.values():
                for example in kind.get("examples", {}).values():
                    check(kind["schema"], example["value"])


def test_every_header_is_that_of_the_page() -> None:
    parts = document()["components"]
    used = {one["$ref"].rpartition("/")[2] for op in operations().values() for one in op["parameters"] if "$ref" in one}
    credentials = {"authorization", "x-api-key", "origin", "access-control-request-headers"}  # not of operations
    assert set(parts["parameters"]) | {"accept"} | credentials == collected.request_headers()
    of_origins = {name for name in collected.response_headers() if name == "vary" or name.startswith("access-control")}
    of_the_console = set(PROTECTION)  # whose page is no part of the API
    assert set(parts["headers"]) | {"content-type"} | of_origins | of_the_console == collected.response_headers()
    assert used == set(parts["parameters"])
    for one in [*parts["parameters"].values(), *parts["headers"].values()]:
        assert len(one["description"].split()) > 2


def test_every_field_of_a_body_is_in_it() -> None:
    """The names that the code takes are those that the document has."""
    names = {name for schema in document()["components"]["schemas"].values() for name in schema.get("properties", {})}
    assert collected.body_fields() <= names
    assert collected.query_parameters() <= {
        one["name"] for operation in operations().values() for one in operation["parameters"] if "name" in one
    }


def test_every_kind_of_event_is_that_of_the_page() -> None:
    media = operation_of("send_message")["responses"]["200"]["content"]["text/event-stream"]
    assert set(media["x-events"]) == set(re.findall(r"^\| `([a-z_]+\.?[a-z]*)` \| `?\{", PAGE, re.M)) | {"message.end"}


def test_every_field_and_schema_has_a_sentence_for_people() -> None:
    for name, schema in document()["components"]["schemas"].items():
        assert schema["description"].strip(), name
        assert not re.search(r"\bNone\b", schema["description"]), name
        for field, inner in schema.get("properties", {}).items():
            sentence = resolved(inner).get("description", "") if "$ref" in inner else inner.get("description", "")
            assert sentence, (name, field)
            assert not re.search(r"\bNone\b|[a-z]_[a-z]+ is", sentence), (name, field)


@pytest.mark.parametrize("name", [name for name, (status, _, _) in EXPECTED.items() if status < 400])
def test_the_recorded_bodies_that_are_taken_match_their_schemas(name: str) -> None:
    folder, recorded = name.partition("/")[0], EVENTS[name]
    if recorded["body"] and not recorded["isBase64Encoded"]:
        media = operation_of(folder)["requestBody"]["content"]["application/json"]
        check(media["schema"], json.loads(recorded["body"]))
