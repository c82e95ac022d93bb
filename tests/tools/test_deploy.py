"""What `make deploy` checks and asks before it changes anything, and what it tries afterwards."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.gateway import ROOT
from tests.support.loopback import Loopback
from tools.stack import checks, configuration, deploy, deployed, destroy, sam, smoke
from tools.stack.questions import Questions

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "RetainExceptOnCreate",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    },
}
TEMPLATE = {
    "Parameters": {"Colour": {"Type": "String", "Default": "red"}},
    "Resources": {"Table": TABLE, "Queue": {"Type": "AWS::SQS::Queue"}},
    "Outputs": {"ApiUrl": {"Value": "https://id.execute-api.eu-west-1.amazonaws.com/v1"}},
}


def build(folder: Path, *architectures: str) -> Path:
    """A folder as `sam build` leaves it."""
    module = folder / "Layer" / "python" / "yaml"
    module.mkdir(parents=True)
    (folder / "Layer" / "config").mkdir()
    (folder / "template.yaml").write_text("")
    for name in architectures:
        (module / f"_yaml.cpython-313-{name}-linux-gnu.so").write_bytes(b"")
    return folder


def answers(*texts: str) -> Questions:
    remaining = iter(texts)
    return Questions(lambda _: next(remaining))


ISSUER = "access: {jwt: {issuer: 'https://issuer.example', audience: a}}"


@pytest.mark.parametrize(
    ("text", "parameters", "what_to_do"),
    [
        (None, {"ConfigFile": "own.yaml"}, "run `make build`; .*own.yaml is missing"),
        ("limits: {attempts: none}", {"ConfigFile": "own.yaml"}, "own.yaml: limits.attempts: .*\n.*`make build`"),
        (
            "limits: {attempts: 2}",
            {"ConfigFile": "own.yaml", "AuthMode": "jwt"},
            "access.jwt: name the issuer of the tokens, .*\n.*`make build`",
        ),
        (ISSUER, {"AuthMode": "jwt"}, "access.jwt: name the issuer of the tokens, .*\n.*`make build`"),
    ],
)
def test_a_configuration_that_functions_could_not_use_is_refused(
    tmp_path: Path, text: str | None, parameters: dict[str, str], what_to_do: str
) -> None:
    build(tmp_path / "build", "aarch64")
    if text:
        (tmp_path / "build" / "Layer" / "config" / "own.yaml").write_text(text)
    given_now = [argument for pair in parameters.items() for argument in ("--parameter", "=".join(pair))]
    for arguments, before in ((given_now, {}), ([], parameters)):
        with pytest.raises(checks.RefusedError, match=what_to_do):
            deploy.plan(given(tmp_path, *arguments), Questions(None), "s", "r", before)


def test_a_configuration_that_functions_can_use_is_taken(tmp_path: Path) -> None:
    built = build(tmp_path / "build", "aarch64")
    (built / "Layer" / "config" / "own.yaml").write_text(ISSUER)
    configuration.require_usable(built, {"ConfigFile": "own.yaml", "AuthMode": "jwt"})
    configuration.require_usable(built, {"ConfigFile": "", "AuthMode": "keys"})


@pytest.mark.parametrize(("built", "name"), [("x86_64", "x86_64"), ("aarch64", "arm64")])
def test_the_architecture_is_that_of_the_built_layer(tmp_path: Path, built: str, name: str) -> None:
    assert checks.built_architecture(build(tmp_path, built)) == name
    checks.require_architecture(name, "")
    checks.require_architecture(name, name)


def test_another_architecture_than_the_built_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(checks.RefusedError, match="make build ARCHITECTURE=arm64"):
        checks.require_architecture("x86_64", "arm64")
    with pytest.raises(checks.RefusedError, match="two processors"):
        checks.built_architecture(build(tmp_path, "x86_64", "aarch64"))


def test_nothing_built_is_said(tmp_path: Path) -> None:
    with pytest.raises(checks.RefusedError, match="`make build` builds it"):
        checks.built_architecture(tmp_path)


def test_the_quota_of_an_account_is_read_and_warned_about(aws: Any) -> None:
    limit = checks.concurrency(boto3.client("lambda"))
    assert limit
    assert limit >= checks.ENOUGH_CONCURRENCY
    assert checks.concurrency_warning(limit) == ""
    assert "may run 10 functions at once" in checks.concurrency_warning(10)


def test_a_quota_that_may_not_be_read_is_said(environment: Any, moto_endpoint: str) -> None:
    unknown = checks.concurrency(boto3.client("lambda", endpoint_url=moto_endpoint))
    assert "could not be read" in checks.concurrency_warning(unknown)


def test_credentials_are_checked(aws: pytest.MonkeyPatch) -> None:
    account, arn = checks.caller(boto3.client("sts"))
    assert (account, arn) == ("000000000000", "arn:aws:iam::000000000000:root")
    wrong = boto3.client("sts", aws_access_key_id="AKIAUNKNOWN000000000", aws_secret_access_key="x")
    with pytest.raises(checks.RefusedError, match="AWS does not know you"):
        checks.caller(wrong)


def test_questions_have_defaults() -> None:
    assert Questions(None).text("Name", "agentos") == answers("").text("Name", "agentos") == "agentos"
    assert answers(" mine ").text("Name", "agentos") == "mine"
    assert Questions(None).yes("Go on?", default=True) is True
    assert answers("perhaps", "N").yes("Go on?", default=True) is False
    assert answers("").yes("Go on?", default=False) is False


def given(folder: Path, *arguments: str) -> argparse.Namespace:
    return deploy.arguments(["--build-dir", str(folder / "build"), "--env-file", str(folder / ".env"), *arguments])


def test_the_plan_is_what_was_answered(tmp_path: Path) -> None:
    build(tmp_path / "build", "aarch64")
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-0123456789\nPORT=9\n")
    wanted = deploy.plan(given(tmp_path, "--parameter", "StageName=v2"), answers("arn:a,arn:b", "y"), "s", "r", {})
    assert wanted.parameters == {"Architecture": "arm64", "BedrockModels": "arn:a,arn:b", "StageName": "v2"}
    assert wanted.values == {"OPENAI_API_KEY": "sk-0123456789"}
    kept = deploy.plan(given(tmp_path), answers("", "n"), "s", "r", {"BedrockModels": "arn:before"})
    assert (kept.parameters["BedrockModels"], kept.values) == ("arn:before", {})
    unattended = given(tmp_path, "--bedrock-models", "", "--no-secrets")
    assert deploy.plan(unattended, Questions(None), "s", "r", {}).parameters["BedrockModels"] == ""


def test_parameters_have_names_and_values() -> None:
    assert deploy.parameters_of(["A=1", "B=x=y"]) == {"A": "1", "B": "x=y"}
    with pytest.raises(checks.RefusedError, match="NAME=VALUE"):
        deploy.parameters_of(["A"])


def test_sam_takes_every_value(tmp_path: Path) -> None:
    """By SAM CLI's own parser: an empty text and a list are whole."""
    from samcli.cli.types import CfnParameterOverridesType

    parameters = {"ConfigFile": "", "BedrockModels": "arn:aws:bedrock:::a/b-1:0,arn:c", "StageName": "v1"}
    command = sam.command(tmp_path / "template.yaml", "s", "eu-west-1", parameters)
    overrides = command[command.index("--parameter-overrides") + 1 :]
    assert CfnParameterOverridesType().convert(tuple(overrides), None, None) == parameters


@pytest.fixture
def stack(aws: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a stack with a table that stays and a queue that does not."""
    cloudformation, name = boto3.client("cloudformation"), "kept-and-gone"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield name
    cloudformation.delete_stack(StackName=name)


def test_a_stack_is_found_with_its_parameters_and_outputs(stack: str) -> None:
    found = deployed.find(boto3.client("cloudformation"), stack)
    assert found
    assert (found.status, found.parameters) == ("CREATE_COMPLETE", {"Colour": "red"})
    assert found.outputs["ApiUrl"].endswith("/v1")
    assert deployed.find(boto3.client("cloudformation"), "another") is None


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        ("UPDATE_IN_PROGRESS", "Wait until"),
        ("ROLLBACK_COMPLETE", "make destroy STACK=s"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_takes_no_update_is_told_before(status: str, what_to_do: str) -> None:
    with pytest.raises(checks.RefusedError, match=what_to_do):
        deployed.require_updatable("s", deployed.Deployed(status, {}, {}))
    for fine in (None, deployed.Deployed("UPDATE_COMPLETE", {}, {}), deployed.Deployed("REVIEW_IN_PROGRESS", {}, {})):
        deployed.require_updatable("s", fine)


def test_destroy_says_what_stays_and_needs_the_name(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    session = boto3.Session()
    session.client("ssm").put_parameter(
        Name=f"/{stack}/providers/A_API_KEY", Value="sk-0123456789", Type="SecureString"
    )
    (table,) = deployed.resources_of(session.client("cloudformation"), stack, "AWS::DynamoDB::Table")

    with pytest.raises(checks.RefusedError, match="Nothing was deleted"):
        destroy.run(session, stack, lambda _: "yes")
    said = capsys.readouterr().out
    assert f"aws dynamodb delete-table --table-name {table}" in said
    assert f"aws ssm delete-parameter --name /{stack}/providers/A_API_KEY" in said
    assert "sk-0123456789" not in said

    destroy.run(session, stack, lambda _: stack)
    assert deployed.find(session.client("cloudformation"), stack) is None
    assert table in session.client("dynamodb").list_tables()["TableNames"]
    with pytest.raises(checks.RefusedError, match="There is no stack"):
        destroy.run(session, stack, None)


def test_destroy_without_a_terminal_needs_yes(aws: Any) -> None:
    command = [sys.executable, "-m", "tools.stack.destroy", "--stack", "any"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, "--yes goes on without one" in done.stderr) == (1, True)


class Api(Loopback):
    """A stack's URL. Without models no provider has a key. `broken` is the status of its health, `closed` of others."""

    def __init__(self, models: list[str], broken: int = 200, closed: int = 200) -> None:
        self.models, self.health, self.closed, self.asked = models, broken, closed, list[str]()

    def handler(self, *connection: Any) -> BaseHTTPRequestHandler:
        return _Handler(self, *connection)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, api: Api, *connection: Any) -> None:
        self.api = api
        super().__init__(*connection)

    def answer(self) -> None:
        self.api.asked.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps(self.content()).encode()
        self.send_response(self.api.health if self.path.endswith("health") else self.api.closed)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def content(self) -> dict[str, Any]:
        models = [{"model": model} for model in self.api.models]
        status = "available" if models else "not-configured"
        return {
            "status": "ok", "version": "1", "data": [{"status": status, "models": models}],
            "agentId": "a", "sessionId": "s", "model": "groq:x",
        }  # fmt: skip

    def log_message(self, *_: object) -> None:
        pass


def test_smoke_sends_one_message_and_removes_its_agent() -> None:
    with Api(["openai:gpt-4o-mini"]) as api:
        lines = smoke.run(f"http://127.0.0.1:{api.port}/v1")
    assert lines == ["GET /health says ok, version 1.", "A message was answered by groq:x."]
    assert api.asked[-2:] == ["POST /v1/agents/a/sessions/s/messages", "DELETE /v1/agents/a"]


def test_smoke_without_a_key_sends_none_and_says_so() -> None:
    with Api([]) as api:
        lines = smoke.run(f"http://127.0.0.1:{api.port}/v1")
    assert "no provider has a key" in lines[-1]
    assert api.asked == ["GET /v1/health", "GET /v1/providers"]


@pytest.mark.parametrize(("status", "why"), [(401, "AGENTOS_KEY has no key or token"), (404, "signed requests alone")])
def test_smoke_of_a_stack_that_asks_who_calls_says_why_it_sends_none(status: int, why: str) -> None:
    with Api([], closed=status) as api:
        lines = smoke.run(f"http://127.0.0.1:{api.port}/v1")
        with pytest.raises(smoke.SmokeError, match=str(status)):
            smoke.run(f"http://127.0.0.1:{api.port}/v1", "agos_a_b")
    assert lines[1].startswith("No message was sent, because ")
    assert lines[1].endswith(f"{why}.")


def test_smoke_waits_for_a_new_stage_and_then_gives_up() -> None:
    pauses: list[float] = []
    with Api([], broken=403) as api, pytest.raises(smoke.SmokeError, match="403"):
        smoke.run(f"http://127.0.0.1:{api.port}/v1", pause=pauses.append)
    assert len(pauses) == smoke.ATTEMPTS - 1
