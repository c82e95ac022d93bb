"""The local host, for the requests that are made from the document."""

from tests.e2e.conftest import start_host

__all__ = ["start_host"]
