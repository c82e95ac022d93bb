"""The same handlers under AWS's own client and under ours: failures, contexts and logs look the same.

Only a response's form differs, and the features that `lambda_streaming.runtime` names as missing.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lambda_streaming.running import Ended, Image, emulated, make_image, run
from tests.lambda_streaming.scripted import Request, ScriptedRuntimeApi

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
ADVICE = "LAMBDA_WARNING: Unhandled exception."
JSON_LOG = {"AWS_LAMBDA_LOG_FORMAT": "JSON"}

CALLER = {
    "custom": {"a": "1"},
    "env": {"locale": "de"},
    "client": {"installation_id": "i", "app_title": "t", "app_version_name": "n"},
    "w3c": {"traceparent": "00-1-2-01", "tracestate": 3, "other": "x"},
}
HEADERS = {
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:function:alias",
    "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
    "Lambda-Runtime-Client-Context": json.dumps(CALLER),
    "Lambda-Runtime-Cognito-Identity": json.dumps({"cognitoIdentityId": "id", "cognitoIdentityPoolId": "pool"}),
    "Lambda-Runtime-Aws-Tenant-Id": "tenant",
    "Lambda-Runtime-Invocation-Id": "invocation",
}


@dataclass
class Run:
    """The results of a runtime for some events."""

    ended: Ended
    requests: list[Request]

    def documents(self, end: str) -> list[Any]:
        return [json.loads(request.body) for request in self.requests if request.path.endswith(end)]

    def bodies(self) -> list[Any]:
        """Of responses, whose form is the one thing that differs."""
        bodies = [request.body for request in self.requests if request.path.endswith("/response")]
        whole = [body.partition(b"\0" * 8)[2] or json.loads(body)["body"] for body in bodies]
        return [json.loads(body) for body in whole]

    @property
    def lines(self) -> list[Any]:
        """The log without the known differences: times, blank lines, AWS's advice, and its client's last message."""
        lines = TIME.sub("TIME", self.ended.output).split("\n")
        kept = [line for line in lines if line and ADVICE not in line and "LAMBDA_RUNTIME Failed" not in line]
        return [json.loads(line) if line.startswith("{") else line for line in kept]


def both(
    ours: Image, stock: Image, *events: object, handler: str = "app.handler", headers: Any = None, **variables: str
) -> tuple[Run, Run]:
    runs = []
    for image in (ours, stock):
        with ScriptedRuntimeApi(*(json.dumps(event).encode() for event in events), headers=headers) as api:
            runs.append(Run(run(image, api.address, handler, **variables), api.requests))
    return runs[0], runs[1]


def seen(requests: list[Request]) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in requests]


@pytest.mark.parametrize("variables", [{}, JSON_LOG], ids=["text", "json"])
@pytest.mark.parametrize(
    "event",
    [
        {"do": "fail", "message": "spoilt 🙂\nfor\rgood"},
        {"do": "fail", "message": ""},
        {"do": "fail_deeply", "depth": 50, "message": "x" * 5000},
        {"do": "no such thing"},
    ],
    ids=["plain", "empty", "deep", "key"],
)
def test_an_error(ours: Image, stock: Image, event: object, variables: dict[str, str]) -> None:
    one, other = both(ours, stock, event, {"do": "fail", "message": "next"}, headers=HEADERS, **variables)
    assert seen(one.requests) == seen(other.requests)
    assert one.documents("/error") == other.documents("/error")
    assert one.lines == other.lines
    for mine, theirs in zip(one.requests, other.requests, strict=True):
        for name in ("Content-Type", "Lambda-Runtime-Function-XRay-Error-Cause", "Lambda-Runtime-Invocation-Id"):
            assert mine.headers[name] == theirs.headers[name]


def test_an_errors_cause_is_left_out_where_it_is_too_large(ours: Image, stock: Image) -> None:
    one, other = both(ours, stock, {"do": "fail", "message": "x" * 1024 * 1024})
    for found in (one, other):
        (post,) = [request for request in found.requests if request.method == "POST"]
        assert not post.headers["Lambda-Runtime-Function-XRay-Error-Cause"]
    assert one.documents("/error") == other.documents("/error")


INIT_ERRORS = {
    "lacks.handler": "Runtime.ImportModuleError",
    "nowhere.handler": "Runtime.ImportModuleError",
    "nested/nowhere.handler": "Runtime.ImportModuleError",
    "app.missing": "Runtime.HandlerNotFound",
    "app": "Runtime.MalformedHandlerName",
    "sys.handler": "Runtime.BuiltInModuleConflict",
    "raises.handler": "JSONDecodeError",
}


@pytest.mark.parametrize("variables", [{}, JSON_LOG], ids=["text", "json"])
@pytest.mark.parametrize("handler", INIT_ERRORS)
def test_an_error_at_start(ours: Image, stock: Image, handler: str, variables: dict[str, str]) -> None:
    one, other = both(ours, stock, {"do": "never"}, handler=handler, **variables)
    assert seen(one.requests) == seen(other.requests) == [("POST", "/2018-06-01/runtime/init/error")]
    assert one.documents("/error") == other.documents("/error")
    assert one.documents("/error")[0]["errorType"] == INIT_ERRORS[handler]
    assert one.ended.code == other.ended.code == 1
    assert one.lines == other.lines
    for found in (one, other):
        (post,) = found.requests
        assert post.headers["Lambda-Runtime-Function-Error-Type"] == INIT_ERRORS[handler]
        assert "Lambda-Runtime-Function-XRay-Error-Cause" not in post.headers


def test_a_module_that_is_no_python(tmp_path: Path) -> None:
    """The file is written here, because Ruff reads every file in the repository."""
    task = tmp_path / "task"
    task.mkdir()
    (task / "app.py").write_text("def handler(event, context)\n    return None\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = both(make_image(tmp_path / "a", task=task), make_image(tmp_path / "b", ours=False, task=task))
    assert one.documents("/error") == other.documents("/error")
    assert one.documents("/error")[0]["errorType"] == "Runtime.UserCodeSyntaxError"
    assert one.lines == other.lines


@pytest.mark.parametrize(("handler", "code"), [("app.handler", 3), ("leaves.handler", 3)])
def test_a_process_that_exits(ours: Image, stock: Image, handler: str, code: int) -> None:
    one, other = both(ours, stock, {"do": "exit", "code": code}, {"do": "never"}, handler=handler)
    assert one.ended.code == other.ended.code == code
    assert seen(one.requests) == seen(other.requests)
    assert one.lines == other.lines == []


def described(found: Run) -> list[dict[str, Any]]:
    """Without the time that is left, which changes with every call."""
    bodies = found.bodies()
    assert all(body.pop("remaining") > 0 for body in bodies)
    return bodies


def test_the_context_is_the_same(ours: Image, stock: Image) -> None:
    one, other = both(ours, stock, {"do": "describe"}, {"do": "describe"}, headers=HEADERS)
    mine, theirs = described(one), described(other)
    assert all(body["callable"].remove("open_stream") is None for body in mine)
    assert mine == theirs
    assert mine[0]["client_context"] == [{"a": "1"}, {"locale": "de"}, ["i", "t", "n", None, None]]
    assert mine[0]["w3c"] == {"traceparent": "00-1-2-01"}
    assert mine[0]["identity"] == ["id", "pool"]
    assert (mine[0]["tenant_id"], mine[0]["trace"]) == ("tenant", HEADERS["Lambda-Runtime-Trace-Id"])
    assert mine[0]["memory_limit_in_mb"] == "512"
    assert [body["aws_request_id"] for body in mine] == ["request-1", "request-2"]


def test_a_context_without_any_fields(ours: Image, stock: Image) -> None:
    few = {"Lambda-Runtime-Invoked-Function-Arn": "arn"}
    one, other = both(ours, stock, {"do": "describe"}, headers=few, _X_AMZN_TRACE_ID="of before")
    mine, theirs = described(one), described(other)
    mine[0]["callable"].remove("open_stream")
    assert mine == theirs
    assert (mine[0]["trace"], mine[0]["tenant_id"], mine[0]["identity"]) == (None, None, [None, None])


@pytest.mark.parametrize("name", ["Lambda-Runtime-Client-Context", "Lambda-Runtime-Cognito-Identity"])
def test_a_context_that_cannot_be_read(ours: Image, stock: Image, name: str) -> None:
    one, other = both(ours, stock, {"do": "describe"}, headers={name: "{"})
    assert one.documents("/error")[0]["errorType"] == "Runtime.LambdaContextUnmarshalError"
    assert TEXT.sub("", str(one.documents("/error"))) == TEXT.sub("", str(other.documents("/error")))
    assert len(one.lines) == len(other.lines) == 1


TEXT = re.compile(r"(?<=JSON: )[^'\"]*")
"""The JSON library's message is left out: AWS's client does not use the standard library."""


def test_a_deadline_that_has_passed(ours: Image, stock: Image) -> None:
    one, other = both(ours, stock, {"do": "describe"}, headers={"Lambda-Runtime-Deadline-Ms": "1"})
    assert [body["remaining"] for body in one.bodies() + other.bodies()] == [0, 0]


@pytest.mark.parametrize("level", ["", "DEBUG", "TRACE", "INFO", "error", "FATAL", "LOUD"])
@pytest.mark.parametrize("variables", [{}, JSON_LOG, {"AWS_LAMBDA_LOG_FORMAT": "Text"}], ids=["unset", "json", "text"])
def test_the_log_is_the_same(ours: Image, stock: Image, variables: dict[str, str], level: str) -> None:
    given = {**variables, **({"AWS_LAMBDA_LOG_LEVEL": level} if level else {})}
    one, other = both(ours, stock, {"do": "log"}, headers=HEADERS, **given)
    assert one.lines == other.lines
    assert one.lines[-1] == "as it is"


@pytest.mark.parametrize("event", [{"do": "fail", "message": "spoilt"}, {"do": "exit", "code": 3}])
def test_an_error_as_the_emulator_answers_it(ours: Image, stock: Image, event: object) -> None:
    answers = []
    for image in (ours, stock):
        with emulated(image) as function:
            answers.append(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", function.invoke(event).decode()))
    assert json.loads(answers[0]) == json.loads(answers[1])


@pytest.mark.parametrize("handler", ["lacks.handler", "app.missing", "raises.handler"])
def test_an_error_at_start_as_the_emulator_answers_it(ours: Image, stock: Image, handler: str) -> None:
    answers = []
    for image in (ours, stock):
        with emulated(image, handler) as function:
            answers.append(function.document({}))
    assert {**answers[0], "requestId": ""} == {**answers[1], "requestId": ""}
    assert answers[0]["errorType"] == INIT_ERRORS[handler]
