"""Ports of the loopback interface that no other program takes while a test uses them."""

import secrets
import socket

BELOW_CONNECTIONS = range(10_000, 32_768)
"""The kernel gives outgoing connections, and servers that ask for any port, a higher one: Linux from 32768 on, macOS
from 49152 on. With those, a port that was free a moment ago is often taken before a program listens there."""


def free_port() -> int:
    """A port for a program that has to be given one before it starts."""
    while True:
        port = secrets.choice(BELOW_CONNECTIONS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
