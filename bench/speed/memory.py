"""The memory of a warm function after so many stored messages. It runs in a process of its own.

    python -m bench.speed.memory <port> <messages>...

Prints one line of JSON: megabytes by number of messages.
"""

import json
import os
import sys
from pathlib import Path

from bench.speed import ours


def measure(port: int, after: list[int]) -> dict[str, float]:
    """What is printed."""
    ours.use(ours.environment(port))
    call = ours.stored_message()
    found = {}
    for done in range(1, max(after) + 1):
        call()
        if done in after:
            found[str(done)] = resident()
    return found


def resident(process: int | str = "self") -> float:
    """Megabytes that a process has in memory now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - the functions' metrics go there
    print(json.dumps(measure(int(sys.argv[1]), [int(one) for one in sys.argv[2:]])), file=out)
