"""SnapStart: the hooks run around the snapshot, in the order of AWS's client, and a failing one is reported."""

import json
import random

import pytest

from tests.lambda_streaming.running import Image, run
from tests.lambda_streaming.scripted import ScriptedRuntimeApi

SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
PATHS = "/2018-06-01/runtime"
ORDER = b"before, registered last; before, registered first; after, registered first; after, registered last"


def test_hooks_run_before_the_snapshot_and_after_the_restore(ours: Image) -> None:
    with ScriptedRuntimeApi(b"{}") as api:
        run(ours, api.address, "snapped.handler", **SNAP_START)
    assert [request.path for request in api.requests][:2] == [f"{PATHS}/restore/next", f"{PATHS}/invocation/next"]
    (post,) = api.posts("/response")
    assert post.body.endswith(ORDER)


def test_without_snapstart_no_hook_runs(ours: Image) -> None:
    with ScriptedRuntimeApi(b"{}") as api:
        run(ours, api.address, "snapped.handler", AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
    assert api.requests[0].path == f"{PATHS}/invocation/next"
    assert ORDER not in api.posts("/response")[0].body


@pytest.mark.parametrize(
    ("hook", "path", "code"),
    [
        ("before, registered last", "/init/error", 64),
        ("after, registered last", "/restore/error", 65),
    ],
)
def test_a_hook_that_fails_ends_the_environment(hook: str, path: str, code: int, ours: Image) -> None:
    with ScriptedRuntimeApi(b"{}") as api:
        ended = run(ours, api.address, "snapped.handler", FAIL=hook, **SNAP_START)
    assert ended.code == code
    (post,) = api.posts(path)
    assert json.loads(post.body)["errorMessage"] == f"{hook} failed"
    assert not api.posts("/response")


def test_pauses_are_drawn_anew_in_each_restored_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two environments of one snapshot have the same state of the random generator until the hook has run."""
    import snapshot_restore_py

    from agentos.api.initialization import build_what_is_used
    from agentos.kernel.clock import Clock

    hooks: list[object] = []
    monkeypatch.setattr(snapshot_restore_py, "_after_restore_registry", hooks)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    build_what_is_used(lambda: None)
    snapshot, drawn = random.getstate(), []
    for _ in range(2):
        random.setstate(snapshot)
        for hook, arguments, options in snapshot_restore_py.get_after_restore():
            hook(*arguments, **options)
        drawn.append([Clock().jitter(1.0) for _ in range(4)])
    assert hooks
    assert drawn[0] != drawn[1]
