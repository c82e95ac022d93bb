"""How the local host starts, refuses to start, reloads and ends."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import dynamodb_local, process
from tests.e2e.hosting import ROOT, STOP_SECONDS, Host, copy_of_what_runs, eventually, launch, start
from tests.support.backends import DYNAMODBS
from tests.support.ports import free_port
from tests.support.upstream import Reply, Upstream, answer

StartHost = Callable[..., Host]


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_no_process_outlives_the_host(start_host: StartHost, number: int, code: int) -> None:
    """The processes of the model and of the store end, however the host ends."""
    host = start_host({"LOCAL_MODEL": "1"})
    children = host.children()
    assert len(children) == 2
    os.kill(host.process.pid, number)
    assert host.process.wait(STOP_SECONDS) == code
    eventually(lambda: not any(map(alive, children)))


@contextmanager
def model_alone(port: int, **options: Any) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "local.model", str(port)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, text=True, start_new_session=True, **options) as alone:
        try:
            yield alone
        finally:
            alone.kill()


def ignore_ctrl_c() -> None:
    """As a shell starts a job in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize("before", [None, ignore_ctrl_c], ids=["terminal", "background"])
def test_the_model_alone_serves_until_ctrl_c(before: Callable[[], None] | None) -> None:
    port = free_port()
    with model_alone(port, preexec_fn=before) as alone, httpx.Client(trust_env=False) as client:
        assert alone.stdout is not None
        url = alone.stdout.readline().strip()
        assert url == f"http://127.0.0.1:{port}/v1"
        assert client.get(f"{url}/models").json()["data"][0]["id"] == "smollm2"
        os.killpg(alone.pid, signal.SIGINT)
        assert alone.wait(STOP_SECONDS) == 0
        eventually(lambda: not process.listens(port))


def test_ends_while_a_request_waits_for_a_provider(start_host: StartHost) -> None:
    asked, answered = threading.Event(), threading.Event()

    def block() -> None:
        asked.set()
        answered.wait()

    def ask() -> None:
        with contextlib.suppress(httpx.HTTPError):  # it may be cut or answered with an error
            host.say(session)

    with Upstream(default=Reply(answer("Too late.").body, before=block)) as upstream:
        host = start_host({"LOCAL_ENDPOINT": upstream.url})
        session = host.session(host.agent(model="local:any"))
        caller = threading.Thread(target=ask)
        caller.start()
        asked.wait(STOP_SECONDS)
        assert host.end(signal.SIGINT) == 0
        answered.set()
        caller.join()


def test_a_port_in_use_is_one_clear_line(start_host: StartHost, tmp_path: Path) -> None:
    port = start_host().client.base_url.port
    assert port is not None
    (tmp_path / "second").mkdir()
    second, log = launch(tmp_path / "second", port, {})
    assert second.wait(STOP_SECONDS) == 1
    assert log.read_text().count("\n") == 1
    assert f"127.0.0.1:{port}" in log.read_text()


@pytest.mark.parametrize("text", ["providers: {openai: {formt: openai}}", "routing: {fallbacks: [nobody:x]}", "a: ["])
def test_a_mistake_in_configuration_is_one_clear_line(tmp_path: Path, text: str) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    process, log = launch(tmp_path, free_port(), {"AGENTOS_CONFIG": str(overlay)})
    assert process.wait(STOP_SECONDS) == 1
    assert log.read_text().startswith(f"agentos: {overlay}: ")
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"AUTH": "key"}, "AUTH must be keys, jwt, iam or none, not 'key'"),
        ({"AUTH": "jwt"}, "access.jwt: name the issuer of the tokens, without whom AUTH_MODE cannot be jwt"),
        ({"AUTH": "iam", "IAM_TENANT": "Acme"}, "IAM_TENANT: must be 1 to 63 lower-case letters, digits and hyphens"),
        ({"DYNAMODB_CLIENT": "boto"}, "DYNAMODB_CLIENT: 'boto' is not botocore"),
        ({"SSL_CERT_FILE": "/missing.pem"}, "/missing.pem: certificates cannot be read from it: No such file"),
        ({"POWERTOOLS_LOG_LEVEL": "LOUD"}, "POWERTOOLS_LOG_LEVEL or .*: Unknown level: 'LOUD'"),
        ({"POWERTOOLS_LOGGER_SAMPLE_RATE": "half"}, "POWERTOOLS_LOG_LEVEL or .* but received half"),
        ({"CLIENT_STALL_SECONDS": "long"}, "CLIENT_STALL_SECONDS must be a number of seconds over 0, not 'long'"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_mistake_in_the_environment_is_one_clear_line(variables: dict[str, str], line: str, tmp_path: Path) -> None:
    process, log = launch(tmp_path, free_port(), variables)
    assert process.wait(STOP_SECONDS) == 1
    assert re.fullmatch(f"agentos: {line}.*\n", log.read_text()), log.read_text()


def test_the_environment_wins_over_dot_env(start_host: StartHost, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-file\nGROQ_API_KEY=gsk-from-file\n")
    host = start_host({"OPENAI_API_KEY": ""})
    status = {entry["provider"]: entry["status"] for entry in host.client.get("/health").json()["providers"]}
    assert (status["openai"], status["groq"]) == ("not-configured", "available")
    assert "from-file" not in host.output


def test_a_variable_that_would_not_reach_lambda_is_reported(start_host: StartHost, tmp_path: Path) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("providers: {my-gateway: {format: openai, endpoint: 'http://127.0.0.1:1/v1'}}")
    host = start_host({"AGENTOS_CONFIG": str(overlay), "MY_GATEWAY_API_KEY": "sk-mine", "GROQ_API_KEY": "gsk-mine"})
    warnings = [line.split()[1] for line in host.output.splitlines() if line.startswith("warning")]
    assert warnings == ["MY_GATEWAY_API_KEY"]
    assert "-mine" not in host.output


LASTING = ["disk", "url", *(["dynamodb-local"] if "dynamodb_local" in DYNAMODBS else [])]


@pytest.fixture(params=LASTING)
def lasting_store(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables of a host whose data outlives it: on disk, or in a DynamoDB that runs already."""
    if request.param == "disk":
        return {"STORE": "disk"}
    if request.param == "url":
        return {"STORE": request.getfixturevalue("ministack_endpoint")}
    home = subprocess.run([dynamodb_local.SCRIPT, "path"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return {"STORE": "dynamodb-local", "DYNAMODB_LOCAL_HOME": home}


@pytest.mark.parametrize(("number", "alone"), [(signal.SIGINT, signal.SIGTERM), (signal.SIGKILL, signal.SIGKILL)])
def test_sessions_survive_a_restart_and_the_store_does_not_outlive_the_host(
    start_host: StartHost, checkout: Path, lasting_store: dict[str, str], number: int, alone: int
) -> None:
    """Of two hosts one after the other, the first is ended with its processes, and the second by itself. A store that
    outlived a host would lock the data at the next start."""
    first = start_host(lasting_store, "--root", str(checkout))
    session = first.session(first.agent(model="echo:echo"))
    assert first.say(session, "Remember me.").status_code == 200
    messages = first.client.get(f"{session}/messages").json()
    assert len(messages["data"]) == 2
    children = first.children()
    first.end(number)
    eventually(lambda: not any(map(alive, children)))

    second = start_host(lasting_store, "--root", str(checkout))
    assert "table agentos was there" in second.output
    assert second.client.get(f"{session}/messages").json() == messages
    assert second.say(session, "And now?").status_code == 200
    assert second.client.get(session).json()["messageCount"] == 4
    children = second.children()
    assert len(children) == 1 + (lasting_store["STORE"] == "dynamodb-local")
    os.kill(second.process.pid, alone)
    second.process.wait(STOP_SECONDS)
    eventually(lambda: not any(map(alive, children)))


def test_an_unavailable_store_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    (checkout / ".agentos").mkdir()
    (checkout / ".agentos" / "store.sqlite").write_bytes(b"not a database" * 100)
    stores = {
        "dynamodb-local": "agentos: DynamoDB Local: ",
        "disc": "agentos: STORE must be disk, dynamodb-local or a URL, not disc",
        "http://127.0.0.1:1": "agentos: no table at http://127.0.0.1:1: ",
        "disk": f"agentos: {checkout}/.agentos/store.sqlite: file is not a database; move it away to start afresh",
    }
    for store, line in stores.items():
        variables = {"STORE": store, "DYNAMODB_LOCAL_HOME": str(tmp_path)}
        process, log = launch(tmp_path, free_port(), variables, "--root", str(checkout))
        assert process.wait(STOP_SECONDS) == 1
        assert log.read_text().startswith(line)
        assert log.read_text().count("\n") == 1


def test_a_second_host_on_the_same_data_is_one_clear_line(
    start_host: StartHost, checkout: Path, tmp_path: Path
) -> None:
    start_host({"STORE": "disk"}, "--root", str(checkout))
    (tmp_path / "second").mkdir()
    second, log = launch(tmp_path / "second", free_port(), {"STORE": "disk"}, "--root", str(checkout))
    assert second.wait(STOP_SECONDS) == 1
    assert "another host uses it" in log.read_text()
    assert log.read_text().count("\n") == 1


AT_ONCE = 10
"""Background turns that run at once: the default of TurnConcurrency in template.yaml."""


def test_queued_turns_survive_a_host_that_is_killed(start_host: StartHost, checkout: Path) -> None:
    """Some are being worked on when the host is killed, and some wait."""
    reply = answer("At last.")
    release = threading.Event()
    reply.before = release.wait
    with Upstream(default=reply) as upstream:
        variables = {"STORE": "disk", "LOCAL_ENDPOINT": upstream.url}
        first = start_host(variables, "--root", str(checkout))
        agent = first.agent(model="local:any")
        turns = [_queue_turn(first, first.session(agent)) for _ in range(AT_ONCE + 2)]
        eventually(lambda: len(upstream.requests) == AT_ONCE)
        first.end(signal.SIGKILL)
        release.set()
        second = start_host(variables, "--root", str(checkout))
        eventually(lambda: all(second.client.get(turn).json()["state"] == "completed" for turn in turns))


def _queue_turn(host: Host, session: str) -> str:
    """The path of a turn that was accepted."""
    headers = {"Prefer": "respond-async"}
    accepted = host.client.post(f"{session}/messages", json={"content": "Hello"}, headers=headers)
    assert accepted.status_code == 202, accepted.text
    return str(accepted.headers["location"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_of_what_runs(tmp_path)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, Path]]:
    """A host, and the copy that it runs."""
    folder = tmp_path_factory.mktemp("edited")
    checkout = copy_of_what_runs(folder)
    host = start(folder, {}, "--root", str(checkout))
    yield host, checkout
    host.end()


HANDLER = "def handler(event, context):\n    return {answer}\n"


@pytest.fixture
def handler(edited: tuple[Host, Path]) -> Iterator[Path]:
    """The file of a handler, which is put back in order afterwards."""
    file = edited[1] / "functions" / "health" / "app.py"
    intact = file.read_text()
    yield file
    file.write_text(intact)


def test_an_edited_handler_is_reloaded(edited: tuple[Host, Path], handler: Path) -> None:
    host, file = edited[0], handler
    file.write_text(HANDLER.format(answer='{"statusCode": 200, "body": "one"}'))
    assert host.client.get("/health").text == "one"
    file.write_text(HANDLER.format(answer='{"statusCode": 200, "body": "two"}'))  # as long, within the same second
    assert host.client.get("/health").text == "two"


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("def handler(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        (HANDLER.format(answer="1 / 0"), "ZeroDivisionError"),
        (HANDLER.format(answer='{"status": 200}'), "HealthFunction returned what API Gateway does not accept"),
        (HANDLER.format(answer='{"statusCode": 200, "body": "x" * 6291556}'), "ResponseTooLarge"),
    ],
)
def test_a_broken_handler_is_a_502_and_the_host_continues(
    edited: tuple[Host, Path], handler: Path, text: str, reported: str
) -> None:
    host, file = edited[0], handler
    intact = file.read_text()
    file.write_text(text)
    broken = host.client.get("/health")
    assert (broken.status_code, broken.json()["code"]) == (502, "internal")
    assert reported in host.output
    file.write_text(intact)
    assert host.client.get("/health").status_code == 200


def test_an_edited_layer_and_configuration_are_reloaded(edited: tuple[Host, Path]) -> None:
    host, checkout = edited
    catalog = checkout / "shared" / "agentos" / "__init__.py"
    catalog.write_text(catalog.read_text() + '\n__version__ = "99.edited"\n')
    assert host.client.get("/health").json()["version"] == "99.edited"
    default = checkout / "config" / "default.yaml"
    default.write_text(default.read_text().replace("\n  groq:\n", "\n  groq:\n    enabled: false\n"))
    status = {entry["provider"]: entry["status"] for entry in host.client.get("/health").json()["providers"]}
    assert status["groq"] == "disabled"
