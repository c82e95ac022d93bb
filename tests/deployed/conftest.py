"""One suite for every place where the stack can run.

- `make run`: always.
- `sam local start-api` and the emulator: where this folder is named, as in `make test-deployed`. They need Docker.
- AGENTOS_URL: the stack that runs there, with AGENTOS_KEY, and nowhere else. What needs more than a URL is left out.

A module's HOSTS names the places that can do what it tests.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest

from local import ministack
from local.context import REGION
from local.sam import cli, docker
from tests.deployed.emulated import Emulator, living, running
from tests.deployed.living import Control, Items, Living, client
from tests.e2e.hosting import start
from tests.support.checkout import copy_to
from tests.support.seed import KEY
from tests.support.upstream import Upstream, answer

HERE = Path(__file__).parent
NOWHERE = "nowhere"
IN_CONTAINERS = {"sam-local", "emulator"}
STACK = "agentos"
KEYED = {"AUTH": "keys", "AGENTOS_ADMIN_KEY": KEY}


def outer() -> dict[str, str]:
    """This process's environment (proxies, mirrors, caches) without what configures AWS, providers or the stack."""
    ours = re.compile(r"AWS_.*|AGENTOS_CONFIG|PORT|.*_API_KEY|.*_ENDPOINT")
    return {name: value for name, value in os.environ.items() if not ours.fullmatch(name)}


def available(config: pytest.Config) -> set[str]:
    """The places in which this run tests."""
    if os.environ.get("AGENTOS_URL"):
        return {"given"}
    named = any("deployed" in argument for argument in config.args)
    return {"make-run"} | (IN_CONTAINERS if named else set())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        hosts = [one for one in metafunc.module.HOSTS if one in available(metafunc.config)] or [NOWHERE]
        metafunc.parametrize("place", hosts, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no place of this run can do."""
    left_out = [item for item in items if isinstance(item, pytest.Function) and f"[{NOWHERE}" in item.nodeid]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After the last test of this folder, end all places. They would ask their queues and streams until the session
    ends, beside the tests of other folders."""
    yield
    if nextitem is not None and not nextitem.path.is_relative_to(HERE):
        item.session._setupstate.teardown_exact(None)


@pytest.fixture(scope="session")
def stack(place: str, request: pytest.FixtureRequest) -> Living:
    """The stack in that place, started once."""
    found: Living = request.getfixturevalue(place.replace("-", "_"))
    return found


@pytest.fixture
def control(stack: Living) -> Iterator[Control]:
    """What a test may do behind the URL. The provider `xai` has no key at the beginning."""
    assert stack.control
    yield stack.control
    stack.control.primary.script.clear()


@pytest.fixture(scope="session")
def given() -> Iterator[Living]:
    """The stack of AGENTOS_URL, which may have other users."""
    with client(os.environ["AGENTOS_URL"], os.environ.get("AGENTOS_KEY")) as http:
        yield Living(http)


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """`make run`, with a store that the tests can read."""
    folder = tmp_path_factory.mktemp("make-run")
    with ExitStack() as parts:
        primary = parts.enter_context(Upstream(default=answer("I am primary.")))
        last = parts.enter_context(Upstream(default=answer("I am last.")))
        store = parts.enter_context(ministack.serving())
        host = start(folder, {"LOCAL_ENDPOINT": last.url, "STORE": store, **KEYED})
        parts.callback(host.end)
        session = boto3.Session("any", "any", region_name=REGION)
        table = session.client("dynamodb", endpoint_url=store)

        def items(text: str) -> Items:
            pages = table.get_paginator("scan").paginate(TableName="agentos")
            items = (item for page in pages for item in page["Items"] if "#USAGE#" not in item["pk"]["S"])
            return [item for item in items if text in str(item)]

        def set_key(key: str | None) -> None:
            (folder / ".env").write_text(f"XAI_API_KEY={key}\nXAI_ENDPOINT={primary.url}\n" if key else "")

        http = parts.enter_context(client(str(host.client.base_url), KEY))
        yield Living(http, Control(primary, set_key, items))


@pytest.fixture(scope="session")
def bridge() -> str:
    """The address at which servers of this machine can be reached by containers, and by nobody outside."""
    docker.require_engine()
    return docker.reachable_address()


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to build in: the tests of tests/sam_local build in this checkout at the same time."""
    return copy_to(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def sam_local(tmp_path_factory: pytest.TempPathFactory, checkout: Path, bridge: str) -> Iterator[Living]:
    """`make sam-local`. It has no parameter store, no queue that feeds a function, and no stream of the table."""
    with Upstream(default=answer("I am last."), address=bridge) as last:
        environment = outer() | {"LOCAL_ENDPOINT": last.url, **KEYED}
        host = start(tmp_path_factory.mktemp("sam-local"), environment, "--root", str(checkout), module="local.sam")
        with client(str(host.client.base_url), KEY) as http:
            yield Living(http)
        host.end()


@pytest.fixture(scope="session")
def emulators(tmp_path_factory: pytest.TempPathFactory, bridge: str) -> Iterator[Emulator]:
    """An emulator without a stack."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOCAL_MODEL", "0")
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        with running(tmp_path_factory.mktemp("emulator") / "state") as emulator:
            yield emulator


@pytest.fixture(scope="session")
def build(checkout: Path) -> Path:
    """What `sam build` makes of this checkout, for this machine's processor."""
    return cli.build(checkout).parent


@pytest.fixture(scope="session")
def emulator(emulators: Emulator, build: Path, bridge: str) -> Iterator[Living]:
    """The stack, deployed by `sam deploy`."""
    with (
        Upstream(default=answer("I am primary."), address=bridge) as primary,
        Upstream(default=answer("I am last."), address=bridge) as last,
    ):
        found = living(emulators, STACK, *emulators.deploy(STACK, build), primary, last)
        with found.client:
            yield found


@pytest.fixture(scope="session")
def upstream(bridge: str) -> Iterator[Upstream]:
    """A provider that the containers reach."""
    with Upstream(default=answer("I am upstream."), address=bridge) as server:
        yield server
