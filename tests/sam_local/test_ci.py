"""CI never passes by leaving out what it cannot test."""

import subprocess

from tests.support.gateway import ROOT


def test_without_an_engine_it_fails_and_says_why(outer: dict[str, str]) -> None:
    environment = outer | {"CI": "true", "DOCKER_HOST": "unix:///nonexistent"}
    done = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "DOCKER_HOST is unix:///nonexistent and does not answer" in done.stderr
    assert "FAILED: no Docker engine can be had here" in done.stderr
    assert done.stdout == ""
