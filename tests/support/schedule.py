"""How pytest-xdist spreads the tests over its workers: one file at a time, the longest first."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONG = (
    "tests/sam_local/",
    "tests/deployed/",
    "tests/conversations/test_real_servers.py",
    "tests/functions/test_table_faults.py",
    "tests/e2e/test_lifecycle.py",
    "tests/conversations/test_conversations.py",
    "tests/clients/test_langchain_standard.py",
    "tests/stack/test_linters.py",
    "tests/e2e/test_walk_through.py",
    "tests/chaos/test_short_run.py",
    "tests/replay/",
    "tests/contract/",
    "tests/e2e/",
    "tests/store/",
    "tests/stack/",
    "tests/functions/",
    "tests/lambda_streaming/",
    "tests/conversations/",
    "tests/clients/",
    "tests/console/",
)
"""Files of a minute and more, and folders of files of many seconds, in the order in which they begin. All others
follow. With the long ones at the end, one worker would still be busy with them while the others have nothing left."""

CONTAINERS = ("tests/sam_local/", "tests/deployed/")
"""Folders whose tests run in containers. One worker runs a whole folder: its tests share a build, and another build in
the same place would take the functions away from under the containers."""

OWN_BUILD = ("tests/sam_local/test_replay.py", "tests/sam_local/test_build.py", "tests/sam_local/test_ci.py")
"""Files there that build in a place of their own, or not at all."""


def scope(test: str) -> str:
    """What one worker runs as a whole: a test's file, because its tests share fixtures, or a folder of CONTAINERS.

    The mark `xdist_group` cannot say so: pytest-xdist 3.8 writes it into an attribute that pytest 9.2 no longer reads.
    """
    file = test.partition("::")[0]
    return next((folder for folder in CONTAINERS if file.startswith(folder) and file not in OWN_BUILD), file)


class FileScheduling(LoadScopeScheduling):
    """Hands out scopes in the order of the tests."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False  # it would begin with the file that has the most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def long_ones_first(items: list[pytest.Item]) -> None:
    """Sort; all else keeps its order."""

    def rank(item: pytest.Item) -> int:
        return next((rank for rank, place in enumerate(LONG) if item.nodeid.startswith(place)), len(LONG))

    items.sort(key=rank)
