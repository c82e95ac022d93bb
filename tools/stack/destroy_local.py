"""Ends the emulator of `make deploy-local` with everything in it: `make destroy-local`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from local import process
from local.emulator import containers, state
from local.emulator.__main__ import FOLDER, PORT
from local.ports import port_number
from local.sam import docker

END_SECONDS = 60


def end(folder: Path) -> bool:
    """End the emulator that runs in the folder; whether one did. Raises TimeoutError."""
    facts = state.read(folder)
    if facts is None:
        return False
    os.kill(facts.pid, signal.SIGTERM)
    process.wait_until(lambda: not state.runs(folder), END_SECONDS)
    return True


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="make destroy-local", description=__doc__)
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT") or PORT, help="the emulator's")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args()
    try:
        ended = end(given.folder)
        containers.remove(given.port)  # of an emulator that was killed
    except (TimeoutError, docker.DockerError) as error:
        print(f"agentos: {error}", file=sys.stderr)
        return 1
    print("The emulator has ended, and its containers are removed." if ended else "No emulator runs here.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
