"""Options and variables that a program of ours cannot use: each is told in one line before anything is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.first_key import MODES
from local.ports import port_number
from tests.support.gateway import ROOT
from tests.support.ports import free_port
from tests.support.template import template

PROGRAMS = ("local", "local.sam", "tools.stack.deploy_local", "tools.stack.destroy_local")


def said(folder: Path, module: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """The exit code, and the last line of what the program wrote."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize("module", PROGRAMS)
@pytest.mark.parametrize("port", ["http", "65536", "-1"])
def test_a_port_that_is_none(module: str, port: str, tmp_path: Path) -> None:
    reason = f"{port!r} is not a port, which is a number up to 65535"
    code, line = said(tmp_path, module, PORT=port)
    assert (code, line.partition(f"{reason}")[1:]) == (2, (reason, ""))
    assert "PORT" in line.upper()
    assert said(tmp_path, module, f"--port={port}")[1].endswith(f"argument --port: {reason}")


def test_what_is_a_port() -> None:
    assert [port_number(text) for text in ("0", "8080", "65535")] == [0, 8080, 65535]


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"AUTH": "key"}, "agentos: AUTH must be keys, jwt, iam or none, not 'key'"),
        ({"AUTH": "jwt"}, "agentos: access.jwt: name the issuer of the tokens, without whom AUTH_MODE cannot be jwt"),
        ({"AGENTOS_CONFIG": "/missing.yaml"}, "agentos: /missing.yaml: cannot be read: No such file or directory"),
    ],
)
def test_settings_that_functions_in_containers_could_not_use(
    variables: dict[str, str], line: str, tmp_path: Path
) -> None:
    options = ("--env-file", str(tmp_path / ".env"), "--port", str(free_port()))
    assert said(tmp_path, "local.sam", *options, **variables) == (1, line)


@pytest.mark.parametrize("module", ["local", "local.sam"])
def test_a_folder_without_a_template(module: str, tmp_path: Path) -> None:
    code, line = said(tmp_path, module, "--root", str(tmp_path))
    assert (code, line.partition("error: ")[2]) == (2, f"argument --root: there is no template.yaml in {tmp_path}")


def test_the_modes_are_those_of_the_template() -> None:
    assert list(MODES) == template()["Parameters"]["AuthMode"]["AllowedValues"]
