"""A function with SnapStart: it tells what its hooks did. FAIL names the hook that fails."""

import os
from typing import Any

from snapshot_restore_py import register_after_restore, register_before_snapshot

done: list[str] = []


def note(what: str) -> None:
    if os.environ.get("FAIL") == what:
        raise ValueError(f"{what} failed")
    done.append(what)


register_before_snapshot(note, "before, registered first")
register_before_snapshot(note, "before, registered last")
register_after_restore(note, "after, registered first")
register_after_restore(note, what="after, registered last")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {}, "body": "; ".join(done), "isBase64Encoded": False}
