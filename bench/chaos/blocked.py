"""How much of a response the host has not got rid of yet, for each of its clients. From Linux's table of connections.

Both ends of a connection over the loopback interface are in the table: what the host's kernel has not sent, and what
the client's kernel has received and the client has not read. The rest of the response is still in the host's process.
https://docs.kernel.org/networking/proc_net_tcp.html
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

TABLE = Path("/proc/net/tcp")
PROCESS_BUFFER = 64 * 1024
"""Bytes that uvicorn takes before a write waits for the client (`HIGH_WATER_LIMIT` of its flow control)."""


def blocked(server_port: int, clients: Iterable[int], response_bytes: int) -> int:
    """How many of the clients, by their ports, keep the host waiting in a write of a response of so many bytes."""
    in_kernels = kernel_bytes(TABLE.read_text(), server_port)
    return sum(response_bytes - in_kernels[client] > PROCESS_BUFFER for client in clients if client in in_kernels)


def kernel_bytes(table: str, server_port: int) -> Counter[int]:
    """The bytes on their way from a server to its clients, by the client's port."""
    found: Counter[int] = Counter()
    for line in table.splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        local_port, remote_port = (int(address.rpartition(":")[2], 16) for address in (local, remote))
        unsent, unread = (int(size, 16) for size in queues.split(":"))
        if local_port == server_port:
            found[remote_port] += unsent
        elif remote_port == server_port:
            found[local_port] += unread
    return found
