"""How pytest-xdist spreads the tests over its workers: a file at a time, and what takes long first."""

from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

LONG = ("tests/sam_local", "tests/deployed", "tests/e2e", "tests/lambda_streaming", "tests/conversations", "tests/functions")
"""Folders in the order in which they are begun; all others follow. With the long ones at the end, one worker would
still be busy with them while the others have nothing left."""


class FileScheduling(LoadGroupScheduling):
    """Tests of a file share its fixtures, so they stay together; so do those that have the same `xdist_group`."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False  # it would begin with the file that has the most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return str(super()._split_scope(nodeid)).partition("::")[0]


def long_ones_first(items: list[pytest.Item]) -> None:
    """Sort; files of a folder keep their order."""

    def rank(item: pytest.Item) -> int:
        return next((rank for rank, folder in enumerate(LONG) if item.nodeid.startswith(f"{folder}/")), len(LONG))

    items.sort(key=rank)
