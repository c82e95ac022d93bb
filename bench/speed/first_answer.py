"""What a new environment takes until its first answer: init, then the first request. It is run in a process of its own.

    python -m bench.speed.first_answer <handler's file> <event's file>
    python -m bench.speed.first_answer -c <code>                              a floor: what the code alone takes

Prints one line of JSON: the milliseconds of CPU time and of real time for init and for the first request, the answer's
status and the begin of its text, the records that a batch would get again, and the most megabytes that the process had.
"""

import time

_BEGAN = time.process_time(), time.perf_counter()

import importlib.util  # noqa: E402 - the clock starts before anything else is loaded
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from types import SimpleNamespace  # noqa: E402
from typing import Any  # noqa: E402

Times = dict[str, float]

CONTEXT = SimpleNamespace(aws_request_id="bench", get_remaining_time_in_millis=lambda: 30_000)


def since(began: tuple[float, float]) -> Times:
    """Milliseconds of CPU time and of real time."""
    cpu, wall = time.process_time(), time.perf_counter()
    return {"cpu": (cpu - began[0]) * 1000, "wall": (wall - began[1]) * 1000}


def handler_of(path: str) -> Any:
    """The handler, loaded as Lambda loads it."""
    spec = importlib.util.spec_from_file_location("app", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def measure(arguments: list[str]) -> dict[str, Any]:
    """What is printed."""
    if arguments[0] == "-c":
        exec(arguments[1], {})
        return {"init": since(_BEGAN)}
    handler = handler_of(arguments[0])
    init, began = since(_BEGAN), (time.process_time(), time.perf_counter())
    event = json.loads(Path(arguments[1]).read_text())
    answer = handler(event, CONTEXT)
    first = since(began)
    return {
        "init": init,
        "first": first,
        "status": answer.get("statusCode"),
        "text": str(answer.get("body"))[:300],
        "failed": answer.get("batchItemFailures", []),
        "megabytes": _megabytes(),
    }


def _megabytes() -> float:
    """The most that the process had. getrusage would tell of the process that started it, too."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr  # the functions' metrics go there
    print(json.dumps(measure(sys.argv[1:])), file=out, flush=True)
