"""Every recorded event in real containers: the result equals that of the direct call.

All of them go through `sam local start-lambda`, which keeps its containers warm, and one of each kind of function
(plain, with a provider, streamed) through `sam local invoke`: the same engine, at four seconds of CPU time an event.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import process
from local.environment import Environment
from local.sam import cli, docker, stack
from tests.lambda_streaming.running import Emulator, emulator_program
from tests.replay.expected import EXPECTED, STREAMS
from tests.sam_local.replay import function_of, invoke, plant
from tests.support.checkout import copy_to
from tests.support.dynamodb import new_table
from tests.support.gateway import ROOT
from tests.support.gateway import invoke as invoke_directly
from tests.support.ports import free_port
from tests.support.upstream import Upstream
from tests.support.wiring import rewire

START_SECONDS = 60
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NEW_KEY = re.compile(r'agos_\w+|(?<="keyId":")\w+')
NEW_ID = re.compile(
    r"\b((?:agent|sess|msg|resp|conv|rs|fc)_|(?:chat)?cmpl-)(?:(?!0{25}1)[0-9a-z]{26}|[0-9a-z]{52}|[0-9a-z]{78})(?![0-9a-z])"
)
"""One that was not planted. Those of stored responses and conversations consist of several."""
MEASURED = re.compile(r'"(latencyMs|firstTokenMs|created|created_at|completed_at)": ?\d+')

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def parts(outer: dict[str, str], bridge: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.Stack]:
    """The stack, built in a copy: other tests build in this checkout at the same time."""
    root = copy_to(tmp_path_factory.mktemp("checkout"))
    with ExitStack() as running:
        upstream = running.enter_context(Upstream(address=bridge))
        environment = Environment(Path("no .env"), outer | {"LOCAL_ENDPOINT": upstream.url})
        yield running.enter_context(stack.prepared(root, environment, f"agentos-replay-{os.getpid()}"))


@pytest.fixture(scope="module")
def client(parts: stack.Stack) -> Any:
    session = stack.session_of(Environment(Path("no .env"), {}))
    return session.client("dynamodb", endpoint_url=parts.store.url)


@pytest.fixture(scope="module")
def lambdas(parts: stack.Stack) -> Iterator[httpx.Client]:
    """Lambda's own API."""
    port = free_port()
    command = [*cli.COMMAND, "local", "start-lambda", *parts.options, "--port", str(port), *cli.WARM]
    with (
        process.running(command, subprocess.DEVNULL, parts.environment) as sam,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as http,
    ):
        process.wait_until(lambda: process.listens(port), START_SECONDS, sam)
        yield http


@pytest.fixture
def directly(
    parts: stack.Stack, client: Any, environment: pytest.MonkeyPatch, upstream: Upstream
) -> Iterator[Callable[[str], Answer]]:
    """The answer of the handler in this process, with the variables that it has in a container."""
    table = new_table(client)
    plant(client, table)
    here = {"TABLE_NAME": table, "AWS_ENDPOINT_URL_DYNAMODB": parts.store.url, "LOCAL_ENDPOINT": upstream.url}
    for name, value in (parts.variables | here).items():
        environment.setenv(name, value)
    rewire()

    def answer(name: str) -> Answer:
        direct = invoke_directly(name.partition("/")[0], json.loads(file_of(name).read_bytes()))
        return {"statusCode": direct.status, "headers": direct.headers, "body": direct.text, "isBase64Encoded": False}

    yield answer
    rewire()


def file_of(name: str) -> Path:
    return ROOT / "events" / f"{name}.json"


def comparable(answer: Answer) -> Answer:
    """With its body read, and without what differs from one call to the next: new ids, times, latencies."""
    text = NEW_KEY.sub("key", answer["body"])
    body = MEASURED.sub(r'"\1": 0', NEW_ID.sub(r"\1", TIME.sub("now", text)))
    is_json = body and answer["headers"].get("content-type") == "application/json"
    return answer | {"body": json.loads(body) if is_json else body}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_event(
    name: str, parts: stack.Stack, client: Any, lambdas: httpx.Client, directly: Callable[[str], Answer]
) -> None:
    for item in client.scan(TableName=stack.TABLE_NAME, ProjectionExpression="pk, sk")["Items"]:
        client.delete_item(TableName=stack.TABLE_NAME, Key=item)
    plant(client, stack.TABLE_NAME)
    function = function_of(parts.template, file_of(name))

    invoked = lambdas.post(f"/2015-03-31/functions/{function}/invocations", content=file_of(name).read_bytes())

    assert invoked.json()["statusCode"] == EXPECTED[name][0]
    assert comparable(invoked.json()) == comparable(directly(name))


@pytest.mark.parametrize("name", STREAMS)
def test_every_batch_of_a_stream(name: str, parts: stack.Stack, client: Any, lambdas: httpx.Client) -> None:
    function = function_of(parts.template, file_of(name))
    invoked = lambdas.post(f"/2015-03-31/functions/{function}/invocations", content=file_of(name).read_bytes())
    assert invoked.json() == {"batchItemFailures": [{"itemIdentifier": number} for number in STREAMS[name]]}


@pytest.mark.parametrize("name", ["create_agent/ok", "send_message/ok", "list_messages/ok", "chat_completions/ok"])
def test_events_by_sam_local_invoke(
    name: str, parts: stack.Stack, client: Any, directly: Callable[[str], Answer]
) -> None:
    table = new_table(client)
    plant(client, table)

    invoked = invoke(parts, file_of(name), {"TABLE_NAME": table})

    assert comparable(invoked) == comparable(directly(name))


def answers(url: str) -> bool:
    """Docker listens for a container that does not yet."""
    try:
        httpx.get(url, trust_env=False)
    except httpx.TransportError:
        return False
    return True


@contextmanager
def without_sam(parts: stack.Stack, function: str) -> Iterator[Emulator]:
    """The built function in the same image and with the same emulator, but without the variables of `sam local`."""
    given = dict(zip(parts.options[::2], parts.options[1::2], strict=False))
    built = parts.root / cli.BUILD / "build"
    (declared,) = [one for one in parts.template.functions if one.name == function]
    variables = declared.environment | parts.variables | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}
    variables |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}
    image = parts.options[-1] if "--invoke-image" in parts.options else f"{cli.RUNTIME_IMAGE}-{docker.architecture()}"
    port = free_port()
    container = docker.docker(
        *("run", "--detach", "--network", given["--docker-network"], "--add-host", given["--add-host"]),
        *("--volume", f"{built / function}:/var/task:ro", "--volume", f"{built / 'Layer'}:/opt:ro"),
        *("--volume", f"{emulator_program()}:/emulator:ro", "--publish", f"127.0.0.1:{port}:8080"),
        *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")),
        *("--entrypoint", "/emulator", image, "/var/runtime/bootstrap", "app.handler"),
    )
    try:
        process.wait_until(lambda: answers(f"http://127.0.0.1:{port}/"), START_SECONDS)
        yield Emulator(f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", Path(os.devnull))
    finally:
        docker.docker("rm", "--force", container)


@pytest.mark.parametrize("name", ["send_message/ok", "send_message/bad_unknown_session", "chat_completions/ok"])
def test_an_event_of_a_function_that_streams_as_lambda_would_run_it(
    name: str, parts: stack.Stack, client: Any, directly: Callable[[str], Answer]
) -> None:
    """In the streamed form, from the layer's own runtime; `sam local` has everything whole."""
    table = new_table(client)
    plant(client, table)
    parts = replace(parts, variables=parts.variables | {"TABLE_NAME": table})

    with without_sam(parts, function_of(parts.template, file_of(name))) as function:
        head, body = function.answer(json.loads(file_of(name).read_bytes()))

    whole = {**head, "body": body.decode(), "isBase64Encoded": False}
    assert comparable(whole) == comparable(directly(name))
