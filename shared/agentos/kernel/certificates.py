"""The certificates that servers are checked against."""

import ssl
from pathlib import Path

from agentos.kernel.errors import ConfigError

FOLDER = Path(__file__).parents[3] / "certificates"
"""In the deployed layer: certifi's roots, each in a file that is named by the hash of its subject. OpenSSL reads those
that a server's certificate needs, where a single file is read as a whole in tens of milliseconds."""


def tls_context(file: str | None = None, folder: str | None = None) -> ssl.SSLContext:
    """A context that trusts the roots in the file or the folder, or without both certifi's.

    Raises ConfigError for a file that cannot be read or has no certificates, and for a folder that does not exist.
    """
    if folder and not Path(folder).is_dir():  # OpenSSL would trust nothing
        raise ConfigError(f"{folder}: certificates cannot be read from it: it is no folder")
    if file or folder:
        try:
            return ssl.create_default_context(cafile=file or None, capath=folder or None)
        except OSError as error:  # ssl.SSLError among them
            raise ConfigError(f"{file}: certificates cannot be read from it: {error.strerror or error}") from None
    if FOLDER.is_dir():
        return ssl.create_default_context(capath=str(FOLDER))
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
