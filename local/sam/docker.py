"""The few calls of Docker's command line that this project needs."""

import ipaddress
import platform
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "host.docker.internal"
"""This machine's name in containers. Docker Desktop defines it; on Linux it takes `--add-host`."""

PULL_SECONDS = 600
PROBE_SECONDS = 20


class DockerError(Exception):
    """Docker cannot do it. The text says what and why."""


def docker(*arguments: str, seconds: float = 60) -> str:
    """The output of a command. Raises DockerError."""
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds)
    except FileNotFoundError:
        raise DockerError("the command docker is missing") from None
    except subprocess.TimeoutExpired:
        raise DockerError(f"docker {arguments[0]} took longer than {seconds:.0f} s") from None
    if done.returncode:
        raise DockerError(done.stderr.strip() or f"docker {arguments[0]} failed")
    return done.stdout.strip()


def require_engine() -> None:
    """Raises DockerError if no engine answers."""
    try:
        docker("version", "--format", "{{.Server.Version}}", seconds=PROBE_SECONDS)
    except DockerError as error:
        advice = "Start Docker; as root on Debian or Ubuntu, tests/sam_local/engine.sh start installs and starts it."
        raise DockerError(f"no Docker engine answers: {error}\n{advice}") from None


def has_image(image: str) -> bool:
    """Whether the image is on this machine or can be fetched."""
    if docker("image", "ls", "--quiet", image):
        return True
    try:
        docker("pull", "--quiet", image, seconds=PULL_SECONDS)
    except DockerError:
        return False
    return True


def architecture() -> str:
    """This machine's processor by Lambda's name for it. Raises DockerError if Lambda has none like it."""
    names = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
    machine = platform.machine().lower()
    if machine not in names:
        raise DockerError(f"Lambda has no processor {machine}")
    return names[machine]


def reachable_address() -> str:
    """The address at which a server on this machine is reached by containers as `HOST`, and by nobody outside.

    On Linux that is the bridge's own address. If the engine runs in a virtual machine, it is the loopback interface.
    """
    # Some engines report only the bridge's subnet. The bridge's own address is the first in it.
    found = docker("network", "inspect", "bridge", "-f", "{{range .IPAM.Config}}{{or .Gateway .Subnet}} {{end}}")
    for subnet in map(ipaddress.ip_network, found.split()):
        address = str(next(iter(subnet.hosts())))
        if subnet.version == 4 and _can_bind(address):
            return address
    return "127.0.0.1"


def _can_bind(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay signals until the end of the block, so that whatever the engine creates in it is also removed later."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def network(name: str) -> Iterator[str]:
    """A network of that name, for the length of a `with` block. It is removed with all containers in it."""
    _remove_network(name)  # a process that was killed may have left it
    try:
        with uninterrupted():
            docker("network", "create", name)
        yield name
    finally:
        _remove_network(name)


def _remove_network(name: str) -> None:
    left = docker("ps", "--all", "--quiet", "--filter", f"network={name}").split()
    if left:
        docker("rm", "--force", "--volumes", *left)
    if docker("network", "ls", "--quiet", "--filter", f"name=^{name}$"):
        docker("network", "rm", name)
