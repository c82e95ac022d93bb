"""What every test has: no network but loopback, and on request a table, functions and an upstream."""

import gc
import ipaddress
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

import tests.support.properties  # noqa: F401 - hypothesis runs without a clock
from tests.support import canary
from tests.support.backends import DYNAMODBS, MISSING, ONE
from tests.support.schedule import FileScheduling, long_ones_first
from tests.support.sharing import shared_dynamodb_local

ALLOWED_NAMES = {"localhost", "127.0.0.1", "::1", "", None}


def _loopback_only(name: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: every connection that this process makes passes here."""
    if name in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
        if host not in ALLOWED_NAMES and not ipaddress.ip_address(host).is_loopback:
            raise AssertionError(f"a test connects to {host}, which is not loopback")
    if name == "socket.getaddrinfo":
        asked = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        if asked not in ALLOWED_NAMES:
            raise AssertionError(f"a test looks up {asked}, which is not loopback")


sys.addaudithook(_loopback_only)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test fails whose output, log lines and metrics among it, holds a key."""
    report: pytest.TestReport = yield
    if found := canary.leaks(report.capstdout + report.capstderr + report.caplog):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} wrote {', '.join(found)}"
        report.sections.clear()
    return report


def pytest_report_header() -> str:
    without = f"; not on DynamoDB Local, which needs {MISSING}" if MISSING else ""
    return f"DynamoDB: {', '.join(DYNAMODBS)}{without}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """tests/lambda_streaming needs AWS's emulator, which runs on Linux alone. tests/sam_local needs Docker, so it runs
    only when it is named, as in `make test-sam-local`. moto does not count what test_turn_cost.py compares."""
    named = any("sam_local" in argument for argument in config.args)
    left_out = {
        "sam_local": not named,
        "lambda_streaming": sys.platform != "linux",
        "test_turn_cost.py": "dynamodb_local" not in DYNAMODBS,
    }
    return True if left_out.get(collection_path.name) else None


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`, three for each processor, up to 16: many tests wait, for servers, containers and timeouts. Those
    of `make test-quick` wait little, and every process has to import them all."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors if os.environ.get("QUICK") else min(3 * processors, max(16, processors))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileScheduling:
    return FileScheduling(config, log)


def pytest_configure_node(node: Any) -> None:
    """xdist calls it in the process that starts the workers, for each of them."""
    node.workerinput["dynamodb_local"] = shared_dynamodb_local(node.config) if "dynamodb_local" in DYNAMODBS else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Exempt the tests themselves from garbage collection, which stay, and look for other garbage a tenth as often: all
    of it took a seventh of the time of a run."""
    gc.freeze()
    gc.set_threshold(7000)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        long_ones_first(items)


AWS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": "/none",  # the developer's own would count
}


@pytest.fixture(scope="session")
def root_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a single trusted root. A new HTTP client reads the whole store otherwise: 40 ms of CPU time."""
    roots, end = Path(certifi.where()).read_text(), "-----END CERTIFICATE-----\n"
    file = tmp_path_factory.mktemp("roots") / "one.pem"
    file.write_text(roots[: roots.index(end) + len(end)])
    return file


@pytest.fixture(scope="session")
def moto_endpoint() -> str:
    from tests.support.moto_server import start

    return start()


@pytest.fixture(scope="session")
def dynamodb_local_endpoint(pytestconfig: pytest.Config) -> str:
    """AWS's own, one for all workers: every test has its own table. Where it and moto differ, it is right."""
    url = shared_dynamodb_local(pytestconfig)
    assert url.startswith("http://"), url
    return url


@pytest.fixture(params=ONE)
def dynamodb_endpoint(request: pytest.FixtureRequest) -> str:
    """What a test stores in. tests/store runs on each of DYNAMODBS."""
    return str(request.getfixturevalue(f"{request.param}_endpoint"))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A process environment without any provider's key, without credentials, that asks nobody for a key."""
    for name in os.environ:
        if name.endswith(("_API_KEY", "_ENDPOINT")) or name.startswith(("AWS_", "AGENTOS_")):
            monkeypatch.delenv(name)
    for name, value in {**AWS, "AUTH_MODE": "none"}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def dynamodb_url(environment: pytest.MonkeyPatch, dynamodb_endpoint: str) -> str:
    """The DynamoDB that the functions of this test find."""
    environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_endpoint)
    return dynamodb_endpoint


@pytest.fixture
def client(dynamodb_url: str) -> Any:
    """A DynamoDB client as functions have it, for this test alone, which may change what it does."""
    from agentos.store.transport.connect import connect

    return connect(dynamodb_url)


@pytest.fixture
def table_name(dynamodb_url: str) -> Iterator[str]:
    from tests.support.tables import tables

    with tables(dynamodb_url).borrowed() as name:
        yield name


@pytest.fixture
def parameter_store(environment: pytest.MonkeyPatch, moto_endpoint: str) -> Any:
    """The parameter store, with a path of the test's own for the keys that tenants bring. Name it before `api`."""
    import boto3

    environment.setenv("AWS_ENDPOINT_URL_SSM", moto_endpoint)
    environment.setenv("TENANT_PARAMETERS", f"/test-{uuid.uuid4()}/tenants")
    client = boto3.client("ssm", endpoint_url=moto_endpoint)
    # At the first request moto loads its parameter store, which may take longer than a function's client waits.
    client.get_parameters_by_path(Path="/none")
    return client


@pytest.fixture
def api(environment: pytest.MonkeyPatch, dynamodb_url: str, table_name: str, root_certificate: Path) -> Iterator[Any]:
    """The functions by name, wired to a fresh table. Set providers up with `environment` before the first call."""
    from tests.support.dynamodb import admin_client, items_of
    from tests.support.gateway import Client
    from tests.support.wiring import rewire

    environment.setenv("TABLE_NAME", table_name)
    environment.setenv("SSL_CERT_FILE", str(root_certificate))  # providers here are on loopback, without TLS
    rewire()
    yield Client()
    canary.check_items(items_of(admin_client(dynamodb_url), table_name))
    rewire()


@pytest.fixture
def said_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's clients and models say keys, which may then be in answers and in the table, and nowhere else."""
    monkeypatch.setattr(canary, "said", True)


@pytest.fixture
def upstream(environment: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server behind the provider `local`, which every test may script."""
    from tests.support.upstream import Upstream

    with Upstream() as server:
        environment.setenv("LOCAL_ENDPOINT", server.url)
        yield server
