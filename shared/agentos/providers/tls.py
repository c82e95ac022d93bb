"""The certificates that providers' servers are checked with."""

import os
import ssl


def tls_context() -> ssl.SSLContext:
    """A context that trusts certifi's roots, or those that SSL_CERT_FILE or SSL_CERT_DIR names."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    import certifi

    return ssl.create_default_context(cafile=certifi.where())
