"""The certificates that an AWS endpoint is checked against."""

import os
import ssl

from agentos.kernel.once import once


@once
def context() -> ssl.SSLContext:
    """Made once: it takes tens of milliseconds of processor time. AWS_CA_BUNDLE names other certificates."""
    return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or _certificates())


def _certificates() -> str:
    import certifi

    return certifi.where()
