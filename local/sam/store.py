"""DynamoDB Local for functions in containers: AWS's image if it can be fetched, else its jar on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local import dynamodb_local, process
from local.sam.docker import HOST, docker, uninterrupted

IMAGE = "amazon/dynamodb-local"
PORT = 8000
"""Inside its container."""
START_SECONDS = 45


@dataclass(frozen=True)
class Store:
    """Its URL on this machine, its URL in a container, and its line in the start-up summary."""

    url: str
    container_url: str
    description: str


@contextmanager
def in_container(network: str) -> Iterator[Store]:
    """A container of AWS's image in the functions' network. Raises DockerError, TimeoutError."""
    name = f"{network}-dynamodb"
    options = ["--detach", "--rm", "--name", name, "--network", network, "--publish", f"127.0.0.1::{PORT}"]
    # sharedDb, because otherwise each region and access key has tables of its own.
    with uninterrupted():
        docker("run", *options, IMAGE, "-jar", "DynamoDBLocal.jar", "-sharedDb", "-inMemory")
    port = docker("port", name, str(PORT)).rpartition(":")[2]
    url = f"http://127.0.0.1:{port}"
    process.wait_until(lambda: dynamodb_local.answers(url), START_SECONDS)
    yield Store(url, f"http://{name}:{PORT}", f"{IMAGE} in a container, here {url}")  # removed with its network


@contextmanager
def on_this_machine() -> Iterator[Store]:
    """The jar in a process. Raises DynamoDBLocalError."""
    with dynamodb_local.serving() as url:
        yield Store(url, url_in_container(url), f"DynamoDB Local on this machine, {url}")


def url_in_container(url: str) -> str:
    """The URL by which a container reaches what `url` reaches here. In a container, localhost is the container."""
    for name in ("//localhost", "//127.0.0.1", "//[::1]"):
        url = url.replace(name, f"//{HOST}", 1)
    return url
