"""Computes sums of usage anew from the records: `make usage-rebuild ARGS="--tenant acme --from 2026-11-01"`.

It prints what it changed, and nothing is changed where the sums are right. It may run while turns go on. The table is
that of a deployed stack, or with --endpoint and --table one in another DynamoDB.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "shared"))

from agentos.domain.callers import DEFAULT_TENANT, tenant_name  # noqa: E402
from agentos.domain.usage_sums import COUNTS  # noqa: E402
from agentos.kernel.clock import Clock  # noqa: E402
from agentos.kernel.errors import ApiError  # noqa: E402
from agentos.services.usage_rebuild import Correction, DayRebuilt, UsageRebuild  # noqa: E402
from agentos.settings.loading import load_settings  # noqa: E402
from agentos.store.dynamodb import Table  # noqa: E402
from agentos.store.transport.connect import connect  # noqa: E402
from agentos.store.usage import UsageStore  # noqa: E402
from agentos.store.usage_totals import UsageTotals  # noqa: E402
from tools.stack import deployed  # noqa: E402

DAYS = 30


class RebuildError(Exception):
    """The stack or its table was not found. The text says which."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Those of the command line, if no others are given."""
    today = datetime.now(UTC).date()
    parser = argparse.ArgumentParser(prog="make usage-rebuild ARGS=...", description=__doc__)
    parser.add_argument("--tenant", type=tenant_name, default=DEFAULT_TENANT, help="(default: default)")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help=f"a date (default: {DAYS} days back)")
    parser.add_argument("--to", dest="end", type=date.fromisoformat, help="the date after the last (default: tomorrow)")
    parser.add_argument("--stack", default="agentos", help="whose table it is (default: agentos)")
    parser.add_argument("--table", help="the table's name, instead of a stack's")
    parser.add_argument("--endpoint", help="the URL of a DynamoDB that is not AWS's")
    found = parser.parse_args(given)
    found.end = found.end or today + timedelta(days=1)
    found.first = found.first or found.end - timedelta(days=DAYS)
    if found.first >= found.end:
        parser.error("--from must be before --to")
    return found


def table_of(given: argparse.Namespace) -> Table:
    """The table. Raises RebuildError, ClientError, BotoCoreError."""
    if given.endpoint:  # it takes any credentials
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            os.environ.setdefault(name, "test")
        os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return Table(connect(given.endpoint), given.table or _of_stack(given.stack))


def _of_stack(name: str) -> str:
    stack = deployed.find(boto3.client("cloudformation"), name)
    if stack is None or "TableName" not in stack.outputs:
        raise RebuildError(f"There is no stack {name} with a table here; --stack or --table names another.")
    return stack.outputs["TableName"]


def rebuild(table: Table, given: argparse.Namespace) -> Iterator[str]:
    """What was found, in lines: one for each day with usage, and one for each sum that was wrong."""
    clock = Clock()
    records = UsageStore(table, load_settings({}).limits.usage_record_days)
    work = UsageRebuild(records, UsageTotals(table), clock)
    day: date = given.first
    while day < given.end:
        yield from lines_of(work.day(given.tenant, day.isoformat()))
        day += timedelta(days=1)


def lines_of(done: DayRebuilt) -> Iterator[str]:
    """What became of a day; nothing for one without usage."""
    if not (done.records or done.corrections):
        return
    found = f"{done.day}: {done.records} records, {done.counted} of them not counted before"
    if done.unreadable:
        yield f"{found}; {done.unreadable} cannot be read by this version, so the sums were left as they are"
        return
    yield f"{found}, {len(done.corrections)} sums corrected"
    yield from map(_line_of, done.corrections)
    if done.unsettled:
        yield f"  {len(done.unsettled)} sums kept changing; run this again when fewer turns are made"


def _line_of(correction: Correction) -> str:
    place = correction.place
    of = ", ".join(value for value in place.group[1:] if value)
    pairs = ((name, getattr(correction.before, name), getattr(correction.after, name)) for name in COUNTS)
    changes = ", ".join(f"{name} {before} -> {after}" for name, before, after in pairs if before != after)
    return f"  {place.family} of {of}: {changes}"


def main(given: list[str] | None = None) -> int:
    """The exit code."""
    chosen = arguments(given)
    try:
        for line in rebuild(table_of(chosen), chosen):
            print(line, flush=True)
    except (RebuildError, ApiError, ClientError, BotoCoreError) as error:
        print(f"make usage-rebuild: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
