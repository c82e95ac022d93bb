"""SnapStart: Lambda takes a snapshot of a function that has been loaded, and starts environments from it.

The hooks are those that the function has registered with AWS's `snapshot_restore_py`, which the managed runtime has.
AWS's own runtime client runs them in the same order.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import sys
from collections.abc import Mapping
from typing import Any

from lambda_streaming.failures import Failure
from lambda_streaming.logs import Logs
from lambda_streaming.runtime_api import RuntimeApi

BEFORE_SNAPSHOT, AFTER_RESTORE = 64, 65
"""Exit codes of a process whose hooks failed, as AWS's client has them."""


def restored(environment: Mapping[str, str], api: RuntimeApi, logs: Logs) -> None:
    """Returns in each environment that Lambda has started from the snapshot; at once where there is no SnapStart.

    Exits where a hook fails.
    """
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    registered: Any = sys.modules.get("snapshot_restore_py")  # else the function has registered nothing
    try:
        for hook, arguments, options in reversed(registered.get_before_snapshot() if registered else []):
            hook(*arguments, **options)
        api.wait_for_restore()
    except Exception as error:
        _exit(logs, api.fail_init, error, BEFORE_SNAPSHOT)
    try:
        for hook, arguments, options in registered.get_after_restore() if registered else []:
            hook(*arguments, **options)
    except Exception as error:
        _exit(logs, api.fail_restore, error, AFTER_RESTORE)


def _exit(logs: Logs, report: Any, error: Exception, code: int) -> None:
    failure = Failure.of(error)
    logs.failure(failure.document())
    report(failure)
    sys.exit(code)
