"""Roots in a folder of hashed names are found as those of a single file are."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from agentos.kernel.certificates import tls_context
from agentos.kernel.errors import ConfigError
from tests.providers.test_public_network import Certificate
from tests.support.gateway import ROOT

NAME = "provider.example"


def hashed(file: Path, folder: Path) -> Path:
    """As `make build` writes it into the layer."""
    subprocess.run([ROOT / "shared" / "hashed_certificates.sh", file, folder], check=True)
    return folder


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Raises ssl.SSLCertVerificationError where the client does not trust the server."""
    here, there = socket.socketpair()

    def serve() -> None:
        with there, server.wrap_socket(there, server_side=True, do_handshake_on_connect=False) as wrapped:
            try:
                wrapped.do_handshake()
            except ssl.SSLError:  # the client's refusal
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        with here, client.wrap_socket(here, server_hostname=NAME):
            pass
    finally:
        thread.join(30)


def test_a_root_in_the_folder_is_trusted_and_no_other(tmp_path: Path) -> None:
    ours, other = Certificate(tmp_path, NAME), Certificate(tmp_path, "other.example")
    folder = hashed(tmp_path / f"{NAME}.pem", tmp_path / "hashed")
    handshake(ours.server, tls_context(folder=str(folder)))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(other.server, tls_context(folder=str(folder)))


def test_certificates_that_cannot_be_read_are_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    missing = str(tmp_path / "missing")
    for place in ({"file": str(empty)}, {"file": missing}, {"file": str(tmp_path)}, {"folder": missing}):
        with pytest.raises(
            ConfigError, match=f"^{next(iter(place.values()))}: certificates cannot be read from it: .+"
        ):
            tls_context(**place)
