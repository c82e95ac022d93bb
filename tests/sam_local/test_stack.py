"""`make sam-local` from start to end: walk-through and fallback in real containers, on the real DynamoDB Local."""

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local.sam.docker import docker
from tests.e2e.hosting import Host, launch, start
from tests.support import tokens
from tests.support.ports import free_port
from tests.support.upstream import Upstream, answer, refusal


@pytest.fixture(scope="module")
def primary(bridge: str) -> Iterator[Upstream]:
    with Upstream(default=answer("I am primary."), address=bridge) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, outer: dict[str, str], primary: Upstream) -> Iterator[Host]:
    """The stack with the real model, and with one provider whose key is in .env."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / ".env").write_text(f"XAI_API_KEY=xai-from-the-file\nXAI_ENDPOINT={primary.url}\n")
    running = start(folder, outer | {"LOCAL_MODEL": "1"}, module="local.sam")
    yield running
    assert running.end(signal.SIGTERM) == 0


def test_walk_through_with_the_real_model(host: Host) -> None:
    """With the very bodies that the stack shows at its start."""
    agent_body, session_body, message_body = (json.loads(body) for body in re.findall(r"-d '(.*?)'", host.output, re.S))
    agent = host.client.post("/agents", json=agent_body)
    assert agent.status_code == 201
    session = host.client.post(f"/agents/{agent.json()['agentId']}/sessions", json=session_body)
    assert session.status_code == 201
    path = f"/agents/{agent.json()['agentId']}/sessions/{session.json()['sessionId']}/messages"
    reply = host.client.post(path, json=message_body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["content"].strip()
    assert reply.json()["model"] == "local:smollm2"
    assert [message["role"] for message in host.client.get(path).json()["data"]] == ["user", "assistant"]


def test_the_fallback_answers_while_the_primary_fails(host: Host, primary: Upstream) -> None:
    """One session throughout; the key is the one in .env."""
    session = host.session(host.agent(model="xai:grok", config={"fallbackModel": "local:smollm2"}))
    assert host.say(session).json()["content"] == "I am primary."
    assert primary.headers[-1]["authorization"] == "Bearer xai-from-the-file"

    primary.script += [refusal(500), refusal(500)]
    fallback = host.say(session)
    assert fallback.status_code == 200
    assert (fallback.json()["model"], fallback.json()["route"]["fallbackUsed"]) == ("local:smollm2", True)

    assert host.say(session).json()["model"] == "xai:grok"
    messages = host.client.get(f"{session}/messages").json()["data"]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 3


def test_the_key_is_in_no_output(host: Host) -> None:
    assert "xai-from-the-file" not in host.output


def test_data_is_in_dynamodb_local(host: Host) -> None:
    """Asked for directly, with other credentials and in another region; the server's name tells it from moto."""
    agent_id = host.agent(model="local:any")
    url = re.search(r"^store .*(http://127\.0\.0\.1:\d+)$", host.output, re.M)
    assert url
    client = boto3.client(
        "dynamodb",
        endpoint_url=url[1],
        region_name="eu-west-1",
        aws_access_key_id="other",
        aws_secret_access_key="other",
    )
    found = client.scan(TableName="agentos")
    assert "Jetty" in found["ResponseMetadata"]["HTTPHeaders"]["server"]
    assert agent_id in {item["sk"]["S"] for item in found["Items"]}


def left(port: int) -> str:
    """What Docker still has of a stack."""
    containers = docker("ps", "--all", "--quiet", "--filter", f"network=agentos-{port}")
    return containers + docker("network", "ls", "--quiet", "--filter", f"name=agentos-{port}")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_everything(number: signal.Signals, tmp_path: Path, outer: dict[str, str]) -> None:
    stack = start(tmp_path, outer | {"LOCAL_MODEL": "0"}, module="local.sam")
    port = stack.client.base_url.port
    assert port
    children = stack.children()
    assert children
    assert left(port)

    assert stack.end(number) == 0

    assert left(port) == ""
    assert not [pid for pid in children if alive(pid)]


def test_a_signal_while_it_starts_ends_everything(tmp_path: Path, outer: dict[str, str]) -> None:
    port = free_port()
    process, _ = launch(tmp_path, port, outer, module="local.sam")
    while not left(port):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert left(port) == ""


def test_a_taken_port_is_reported_at_once(tmp_path: Path, outer: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, log = launch(tmp_path, port, outer, module="local.sam")
        assert process.wait(30) == 1
    assert f"port {port} is taken; take another: make sam-local PORT={port + 1}" in log.read_text()


def test_without_an_engine_it_says_what_to_do(tmp_path: Path, outer: dict[str, str]) -> None:
    process, log = launch(tmp_path, free_port(), outer | {"DOCKER_HOST": "unix:///nonexistent"}, module="local.sam")
    assert process.wait(30) == 1
    assert "no Docker engine answers" in log.read_text()
    assert "engine.sh start" in log.read_text()


def test_the_users_configuration_reaches_the_containers(tmp_path: Path, outer: dict[str, str], bridge: str) -> None:
    with Upstream(default=answer("I am mine."), address=bridge) as upstream:
        overlay = tmp_path / "mine.yaml"
        overlay.write_text(f"providers: {{my-gateway: {{format: openai, endpoint: '{upstream.url}', auth: none}}}}")
        stack = start(tmp_path, outer | {"AGENTOS_CONFIG": str(overlay)}, module="local.sam")
        try:
            said = stack.say(stack.session(stack.agent(model="my-gateway:any")))
        finally:
            stack.end()
    assert said.status_code == 200, f"{said.text}\n{stack.output}"
    assert said.json()["content"] == "I am mine."


def test_tokens_are_checked_in_a_container(tmp_path: Path, outer: dict[str, str]) -> None:
    """The libraries for that are in a layer that only this mode has."""
    overlay = tmp_path / "tokens.yaml"
    overlay.write_text(tokens.SETTINGS)
    mode = {"AUTH": "jwt", "AGENTOS_CONFIG": str(overlay), "LOCAL_MODEL": "0"}
    stack = start(tmp_path, outer | mode, module="local.sam")
    try:
        tokens.check(stack.client)
    finally:
        stack.end()
