"""The short form of `make chaos`: kills, a faulty table, faulty providers and misbehaving clients, then the audit."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.gateway import ROOT

SECONDS = 500
"""A run that takes longer hangs. It usually takes about a minute."""
ZERO = ("violations", "answers with status 500", "messages given up")


def test_nothing_is_lost_doubled_or_locked(tmp_path: Path) -> None:
    """The longest lock is printed, not tested: on a busy machine a living turn and a restart take longer than a lease.

    tests/functions/test_leases.py shows the bound with a clock of its own.
    """
    log = tmp_path / "host.log"
    options = ["--messages", "160", "--kills", "2", "--faults", "0.05", "--misbehaving", "30", "--seed", "5"]
    options += ["--longest-lock", str(SECONDS)]
    command = [sys.executable, "-m", "bench.chaos", *options, "--log", str(log)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)

    assert run.returncode == 0, f"{run.stdout}{run.stderr}{log.read_text()[-5000:]}"
    found = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", run.stdout, re.M))
    assert {name: found[name] for name in ZERO} == dict.fromkeys(ZERO, "0")
    # A background turn may fail, namely where both providers failed.
    assert int(found["messages acknowledged"]) + int(found["background turns that ended as failed"]) == 160
    assert found["kills of the host"] == "2"
    for faulty in ("faulty answers of the table", "faulty answers of providers"):
        assert int(found[faulty].partition(" of ")[0]) > 0
    assert "Exception in thread" not in log.read_text()
