"""What a new environment takes until its first answer, in a process of its own: init, then the first request.

    python -m bench.speed.first_answer send_message '<event>'      or a line of Python to import alone, as a floor

Prints one line of JSON: milliseconds of CPU and of real time, of init and of the first request.
"""

import time

_CPU, _WALL = time.process_time(), time.perf_counter()

import json  # noqa: E402 - the clock starts before anything else is loaded
import sys  # noqa: E402

from bench.speed.environment import load  # noqa: E402


class Lap:
    """CPU and real time since the last one."""

    def __init__(self) -> None:
        self._cpu, self._wall = _CPU, _WALL

    def __call__(self) -> dict[str, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        spent = {"cpu": (cpu - self._cpu) * 1000, "wall": (wall - self._wall) * 1000}
        self._cpu, self._wall = cpu, wall
        return spent
