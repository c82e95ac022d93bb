"""The certificates that an AWS endpoint is checked against."""

import os
import ssl

from agentos.kernel.certificates import tls_context
from agentos.kernel.once import once


@once
def context() -> ssl.SSLContext:
    """AWS_CA_BUNDLE names other certificates than certifi's."""
    return tls_context(os.environ.get("AWS_CA_BUNDLE"))
