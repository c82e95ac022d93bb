"""Checks an answer against the OpenAPI document: its status, media type, headers and body."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.gateway import ROOT, Answer

FILE = ROOT / "shared" / "agentos" / "api" / "openapi.json"
Json = dict[str, Any]
ALWAYS = {"content-type"}
"""What OpenAPI leaves out of the headers of a response."""


@cache
def document() -> Json:
    """The document as it is served."""
    loaded: Json = json.loads(FILE.read_text())
    return loaded


def operations() -> dict[str, Json]:
    """The operations by id, each with its `method` and `path`."""
    return {
        one["operationId"]: {**one, "method": method.upper(), "path": path}
        for path, methods in document()["paths"].items()
        for method, one in methods.items()
    }


def operation_of(folder: str) -> Json:
    """The operation of a function."""
    first, *rest = folder.split("_")
    return operations()[first + "".join(word.title() for word in rest)]


def resolved(value: Json) -> Json:
    """What a reference refers to; any other value itself."""
    if "$ref" not in value:
        return value
    found: Any = document()
    for name in value["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return resolved(found)


def check(schema: Json, value: Any) -> None:
    """Raises AssertionError that names every place where the value does not match."""
    faults = list(Draft202012Validator({**schema, "components": document()["components"]}).iter_errors(value))
    assert not faults, [(fault.json_path, fault.message[:300]) for fault in faults]


def check_answer(operation: Json, answer: Answer) -> None:
    """Raises AssertionError unless the document has such an answer of the operation."""
    assert str(answer.status) in operation["responses"], (operation["operationId"], answer.status, answer.text[:300])
    described = resolved(operation["responses"][str(answer.status)])
    headers = {name.lower() for name in answer.headers}
    assert headers - ALWAYS <= set(described.get("headers", ())), operation["operationId"]
    for name in headers - ALWAYS:
        check_header(resolved(described["headers"][name]), answer.headers[name])
    if not answer.text:
        assert "content" not in described
        return
    media = described["content"][answer.headers["content-type"]]
    if "x-events" in media:
        for kind, data in _events(answer.text):
            check(media["x-events"][kind], data)
    else:
        is_json = answer.headers["content-type"] == "application/json"
        check(media["schema"], json.loads(answer.text) if is_json else answer.text)


def _events(text: str) -> Iterator[tuple[str, Any]]:
    """The name and the data of each event of either kind of stream."""
    for block in text.removesuffix("\n\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        if fields["data"] != "[DONE]":
            yield fields.get("event", "message"), json.loads(fields["data"])


def check_header(header: Json, text: str) -> None:
    """Headers are text, whatever their schema says of the value."""
    check(header["schema"], int(text) if header["schema"]["type"] == "integer" else text)
