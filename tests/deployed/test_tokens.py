"""A stack whose callers show tokens: its functions have a second layer, which checks them."""

import shutil
from pathlib import Path

from tests.deployed.emulated import Emulator
from tests.deployed.living import client
from tests.support import tokens

HOSTS = ("emulator",)


def test_a_stack_of_tokens_checks_them(place: str, emulators: Emulator, build: Path, tmp_path: Path) -> None:
    own = shutil.copytree(build, tmp_path / "build")
    (own / "Layer" / "config" / "tokens.yaml").write_text(tokens.SETTINGS)
    url, key = emulators.deploy("agentos-tokens", own, AuthMode="jwt", ConfigFile="tokens.yaml")
    assert key is None
    with client(url, None) as http:
        tokens.check(http)
