"""A stack whose callers show tokens: its functions have a second layer, which checks them."""

import shutil
from pathlib import Path

import jwt

from local.sam import docker
from tests.deployed.emulated import Emulator
from tests.deployed.living import client
from tools.stack import deploy_local

HOSTS = ("emulator",)
PARAMETERS = {"AuthMode": "jwt", "ConfigFile": "tokens.yaml"}


def test_a_stack_of_tokens_checks_them(place: str, emulators: Emulator, build: Path, tmp_path: Path) -> None:
    """Nobody publishes the issuer's keys here. So a token can be neither taken nor refused."""
    own = shutil.copytree(build, tmp_path / "build")
    settings = "access: {jwt: {issuer: 'http://127.0.0.1:9', audience: tests}}"
    (own / "Layer" / "config" / "tokens.yaml").write_text(settings)
    token = jwt.encode({"sub": "ann", "tenant": "acme"}, "a secret of thirty-two characters", headers={"kid": "one"})
    parameters = {"Architecture": docker.architecture(), **PARAMETERS}
    url, key = deploy_local.put(emulators.facts, "agentos-tokens", own, parameters)
    assert key is None
    with client(url, None) as http:
        refused = http.get("agents")
        unknown = http.get("agents", headers={"authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert (unknown.status_code, unknown.json()["code"]) == (503, "unavailable")
