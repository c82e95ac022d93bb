"""The functions' containers of one emulator, which ministack labels with its name and port."""

from local.sam.docker import docker

HOSTNAME = "agentos-emulator"
"""MINISTACK_HOSTNAME, the first part of the label's value."""
LABEL = "ministack.instance"


def of(port: int) -> list[str]:
    """The containers' ids, those that have ended included. Raises DockerError."""
    return docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}={HOSTNAME}:{port}").split()


def remove(port: int) -> None:
    """Remove them all. Raises DockerError."""
    if found := of(port):
        docker("rm", "--force", "--volumes", *found)
