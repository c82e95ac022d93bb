"""`make secrets` puts .env into the parameter store, says what it changed, and prints no value."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import ROOT
from tools.stack.secrets import push

KEY, ANOTHER = "sk-first-0123456789", "sk-second-0123456789"


@pytest.fixture
def ssm(moto_endpoint: str, environment: pytest.MonkeyPatch) -> Any:
    import boto3

    return boto3.client("ssm", endpoint_url=moto_endpoint)


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> str:
    return re.sub(r"\W", "-", request.node.name)


def stored(ssm: Any, stack: str) -> dict[str, tuple[str, str]]:
    found = ssm.get_parameters_by_path(Path=f"/{stack}/providers", WithDecryption=True)["Parameters"]
    return {each["Name"].rpartition("/")[2]: (each["Type"], each["Value"]) for each in found}


def test_changes_are_told_apart(ssm: Any, stack: str) -> None:
    path = f"/{stack}/providers"
    assert push(ssm, path, {"A_API_KEY": KEY, "B_API_KEY": KEY}).added == ("A_API_KEY", "B_API_KEY")
    changes = push(ssm, path, {"A_API_KEY": ANOTHER, "B_API_KEY": KEY, "C_API_KEY": KEY})
    assert (changes.added, changes.changed, changes.unchanged) == (("C_API_KEY",), ("A_API_KEY",), ("B_API_KEY",))
    assert push(ssm, path, {"A_API_KEY": ANOTHER}).removed == (), "what the file does not have stays"
    assert push(ssm, path, {"A_API_KEY": ANOTHER}, prune=True).removed == ("B_API_KEY", "C_API_KEY")
    assert stored(ssm, stack) == {"A_API_KEY": ("SecureString", ANOTHER)}


def test_an_endpoint_that_was_stored_encrypted_becomes_readable(ssm: Any, stack: str) -> None:
    path, url = f"/{stack}/providers", "http://host:1/v1"
    ssm.put_parameter(Name=f"{path}/A_ENDPOINT", Value=url, Type="SecureString")
    assert push(ssm, path, {"A_ENDPOINT": url}).changed == ("A_ENDPOINT",)
    assert stored(ssm, stack) == {"A_ENDPOINT": ("String", url)}
    assert push(ssm, path, {"A_ENDPOINT": url}).unchanged == ("A_ENDPOINT",)


def test_the_command_reads_the_file_and_prints_no_value(
    ssm: Any, stack: str, moto_endpoint: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"OPENAI_API_KEY={KEY}\nGEMINI_API_KEY=\nOLLAMA_ENDPOINT=http://host:1/v1\nPORT=9\nMY_KEY=x\n")
    environment.setenv("AWS_ENDPOINT_URL_SSM", moto_endpoint)
    command = [sys.executable, "-m", "tools.stack.secrets", "--stack", stack, "--env-file", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"/{stack}/providers/\n  added      OLLAMA_ENDPOINT, OPENAI_API_KEY\n"
    assert stored(ssm, stack) == {
        "OPENAI_API_KEY": ("SecureString", KEY),
        "OLLAMA_ENDPOINT": ("String", "http://host:1/v1"),
    }
    assert KEY not in done.stdout + done.stderr


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.stack.secrets", "--env-file", str(tmp_path / "none")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert ".env.example" in done.stderr
