"""`make deploy` and `make destroy` as a whole: every request that they make of AWS, and the real `sam deploy`."""

from pathlib import Path

import boto3
import pytest

from local.emulator import state
from tests.deployed.emulated import Emulator
from tests.support.upstream import Upstream
from tools.stack import deploy, deployed, destroy, smoke
from tools.stack.deploy_local import url_here
from tools.stack.questions import Questions

HOSTS = ("emulator",)
NEW = "agentos-new"


def test_a_stack_is_deployed_and_destroyed(
    place: str,
    emulators: Emulator,
    build: Path,
    upstream: Upstream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = tmp_path / ".env"
    keys.write_text(f"XAI_API_KEY=xai-secret\nXAI_ENDPOINT={upstream.url}\n")
    for name, value in {**state.CREDENTIALS, "AWS_ENDPOINT_URL": emulators.facts.endpoint}.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session(region_name=state.REGION)
    asked = ["--stack", NEW, "--region", state.REGION, "--env-file", str(keys), "--build-dir", str(build), "--yes"]

    url, key = deploy.run(deploy.arguments(asked), Questions(None), session)
    assert key
    assert smoke.run(url_here(emulators.facts.endpoint, url))[-1].endswith("AGENTOS_KEY has no key or token.")
    said = smoke.run(url_here(emulators.facts.endpoint, url), key)

    assert said[-1].startswith("A message was answered by xai:")
    parameters = [f"/{NEW}/providers/{name}" for name in ("XAI_API_KEY", "XAI_ENDPOINT")]
    assert destroy.parameters_left(session.client("ssm"), NEW) == parameters
    destroy.run(session, NEW, None)
    assert deployed.find(session.client("cloudformation"), NEW) is None
    printed = capsys.readouterr().out
    assert all(f"aws ssm delete-parameter --name {name}" in printed for name in parameters)
    assert "xai-secret" not in printed
    assert key not in printed  # `main` prints it, once
