"""Every recorded event through `sam local invoke`: what comes out of the container is what comes of the direct call.

It is the very command, a container for each event, two at a time: two minutes, most of them SAM's own start.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.environment import Environment
from local.sam import stack
from tests.replay.expected import EXPECTED
from tests.sam_local.replay import invoke, plant
from tests.support.dynamodb import new_table
from tests.support.gateway import ROOT
from tests.support.gateway import invoke as invoke_directly
from tests.support.upstream import Upstream, answer
from tests.support.wiring import rewire

AT_ONCE = 2
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NEW_ID = re.compile(r"\b(agent|sess|msg)_[0-9a-z]{26}\b")
PLANTED_ID = re.compile(r"\b(agent|sess)_0{25}1\b")


@pytest.fixture(scope="module")
def upstream(bridge: str) -> Iterator[Upstream]:
    with Upstream(default=answer("Hello from upstream."), address=bridge) as server:
        yield server


@pytest.fixture(scope="module")
def parts(outer: dict[str, str], upstream: Upstream) -> Iterator[stack.Stack]:
    environment = Environment(Path("no .env"), outer | {"LOCAL_ENDPOINT": upstream.url})
    with stack.prepared(ROOT, environment, f"agentos-replay-{os.getpid()}") as prepared:
        yield prepared


@pytest.fixture(scope="module")
def client(parts: stack.Stack) -> Any:
    session = stack.session_of(Environment(Path("no .env"), {}))
    return session.client("dynamodb", endpoint_url=parts.store.url)


@pytest.fixture(scope="module")
def answers(request: pytest.FixtureRequest, parts: stack.Stack, client: Any) -> Iterator[dict[str, Future[Any]]]:
    """By event, for the events that were asked for, each against a table of its own."""

    def answer_to(name: str) -> dict[str, Any]:
        table = new_table(client)
        plant(client, table)
        return invoke(parts, ROOT / "events" / f"{name}.json", {"TABLE_NAME": table})

    tests = (item for item in request.session.items if isinstance(item, pytest.Function) and hasattr(item, "callspec"))
    names = [item.callspec.params["name"] for item in tests if item.function is test_same_answer_from_a_container]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(answer_to, name) for name in names}
        pool.shutdown(cancel_futures=True)


def comparable(answer: Any) -> Any:
    """Without what differs from one call to the next: new ids, the time, latencies."""
    text = json.dumps(answer)
    planted = PLANTED_ID.sub(r"planted-\1", text)
    return json.loads(re.sub(r'"latencyMs": \d+', '"latencyMs": 0', NEW_ID.sub(r"\1", TIME.sub("now", planted))))


@pytest.mark.parametrize("name", EXPECTED)
def test_same_answer_from_a_container(
    name: str, answers: dict[str, Future[Any]], parts: stack.Stack, client: Any, environment: pytest.MonkeyPatch
) -> None:
    table = new_table(client)
    plant(client, table)
    for variable, value in (parts.variables | {"TABLE_NAME": table}).items():
        environment.setenv(variable, value)
    environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", parts.store.url)
    rewire()
    direct = invoke_directly(name.partition("/")[0], json.loads((ROOT / "events" / f"{name}.json").read_text()))
    rewire()

    contained = answers[name].result()

    assert contained["statusCode"] == direct.status == EXPECTED[name][0]
    assert comparable(contained["headers"]) == comparable(direct.headers)
    body = [json.loads(text) if text else None for text in (contained["body"], direct.text)]
    assert comparable(body[0]) == comparable(body[1])


def test_make_replay_shows_the_answer(outer: dict[str, str]) -> None:
    event = "events/get_session/bad_unknown.json"
    command = [sys.executable, "-m", "tests.sam_local.replay", event]
    done = subprocess.run(
        command, cwd=ROOT, env=outer | {"LOCAL_MODEL": "0", "PYTHONPATH": "shared"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    status, *_ = done.stdout.splitlines()
    assert status == "404"
    assert '"code": "not_found"' in done.stdout
    assert "START RequestId" in done.stderr


def test_make_replay_refuses_what_is_no_event_of_a_function(outer: dict[str, str], tmp_path: Path) -> None:
    stray = tmp_path / "stray.json"
    stray.write_text("{}")
    command = [sys.executable, "-m", "tests.sam_local.replay", str(stray)]
    done = subprocess.run(command, cwd=ROOT, env=outer | {"PYTHONPATH": "shared"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no function has the folder" in done.stderr
