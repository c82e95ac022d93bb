"""Under the local host as on AWS, only tombstones are left of what was deleted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from local.context import REGION
from tests.e2e.hosting import Host, eventually

TOMBSTONE = {"pk", "sk", "deletedAt", "deletion", "expiresAt"}


def test_only_tombstones_are_left(
    start_host: Callable[..., Host], dynamodb_endpoint: str, environment: pytest.MonkeyPatch
) -> None:
    host = start_host({"STORE": dynamodb_endpoint})
    keeper, leaver = host.agent(model="echo:echo"), host.agent(model="echo:echo")
    for number in range(3):
        assert host.client.patch(f"/agents/{leaver}", json={"name": f"name {number}"}).status_code == 200
    long, kept = host.session(keeper), host.session(keeper)
    with ThreadPoolExecutor(4) as pool:
        short = list(pool.map(host.session, [leaver] * 30))
        pool.map(host.say, [*short, kept])
    for number in range(60):  # more items than the sweeper reads at once
        assert host.say(long, f"message {number}").status_code == 200

    assert host.client.delete(long).status_code == 204
    assert host.client.delete(f"/agents/{leaver}").status_code == 204

    client: Any = boto3.client("dynamodb", endpoint_url=dynamodb_endpoint, region_name=REGION)

    def left() -> list[dict[str, Any]]:
        pages = client.get_paginator("scan").paginate(TableName="agentos", ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        gone = long.rpartition("/")[2]
        # What turns used stays: it was spent.
        kept = [item for item in items if "#USAGE#" not in item["pk"]["S"]]
        return [item for item in kept if leaver in str(item) or gone in str(item)]

    eventually(lambda: all(set(item) == TOMBSTONE for item in left()))
    assert sorted(item["sk"]["S"] for item in left()) == ["SESSION"] * 31 + [leaver]
    for path in (long, *short, f"/agents/{leaver}"):
        assert host.client.get(path).status_code == 404
        assert host.client.delete(path).status_code == 404
    assert len(host.client.get(f"{kept}/messages").json()["data"]) == 2
    assert "Traceback" not in host.output
