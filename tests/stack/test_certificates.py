"""The roots in the layer are certifi's. Apart from the kernel's tests: the script takes seconds for so many."""

import ssl
from pathlib import Path

import certifi

from agentos.kernel.certificates import tls_context
from tests.kernel.test_certificates import hashed


def test_every_root_of_certifi_is_in_the_folder(tmp_path: Path) -> None:
    folder = hashed(Path(certifi.where()), tmp_path / "hashed")
    written = [ssl.PEM_cert_to_DER_cert(path.read_text()) for path in folder.iterdir()]
    assert sorted(written) == sorted(tls_context().get_ca_certs(binary_form=True))
