"""Runs the real `sam deploy`, without its questions."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"


class SamError(Exception):
    """`sam deploy` failed. The text is its output, or says that it was shown."""


def command(template: Path, stack: str, region: str, parameters: Mapping[str, str]) -> list[str]:
    """The command. What it does not say is samconfig.toml's, such as tags or a bucket of your own."""
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    return [
        *(sys.executable, "-m", "samcli", "deploy"),
        *("--template-file", str(template), "--config-file", str(ROOT / "samconfig.toml")),
        *("--stack-name", stack, "--region", region),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        *("--parameter-overrides", *overrides),
    ]


def deploy(command: list[str], variables: Mapping[str, str], *, quiet: bool = False) -> None:
    """Run it with these environment variables beside our own. Raises SamError."""
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", **variables}
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output and subprocess.STDOUT)
    if done.returncode:
        raise SamError(f"sam deploy failed:\n{done.stdout.decode()}" if quiet else "sam deploy failed; see above")
