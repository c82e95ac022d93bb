"""What calls cost once an environment is warm. It is run in a process of its own for each behaviour of the provider.

    python -m bench.speed.warm <port> <behaviour>

Prints one line of JSON: milliseconds by name, round by round, and for failures the time until the fallback was asked.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.speed import floors, ours
from bench.speed.measuring import cpu
from bench.speed.processes import ask_stub

TIMEOUT_MS = 250
OVERLAY = f"""
health: {{failures: 1000000}}
providers:
  openai: {{timeoutSeconds: {TIMEOUT_MS / 1000}}}
"""
"""No circuit opens, so that each call meets the failure; and a hang ends soon."""

ROUNDS = {"503": 3, "hang": 3}
FAILED_CALLS = 12


def measure(port: int, behaviour: str, folder: Path) -> dict[str, Any]:
    """What is printed."""
    (folder / "bench.yaml").write_text(OVERLAY)
    ours.use({**ours.environment(port, behaviour), "AGENTOS_CONFIG": str(folder / "bench.yaml")})
    if behaviour != "ok":
        return _failing(port, behaviour)
    calls = floors.calls(port) | {
        "routed call": ours.routed_call(),
        "chat completion": ours.chat_completion(),
        "stored message": ours.stored_message(),
        "stored message, history read": ours.message_after_another_process(),
    }
    streams = floors.streams(port) | {
        "chat completion, streamed": ours.chat_completion(stream=True),
        "stored message, streamed": ours.stored_message(stream=True),
    }
    return {"cpu": cpu(calls) | cpu(streams, rounds=5), "first_byte": _first_byte()}


def _failing(port: int, behaviour: str) -> dict[str, Any]:
    """CPU of a call that a fallback answers, and the milliseconds from the failure to the fallback's request."""
    call = ours.routed_call()
    base = floors.calls(port)["httpx"]
    few = ROUNDS.get(behaviour)
    found = cpu({"httpx": base, f"after {behaviour}": call}, seconds=0.1 if few is None else 0.02, rounds=few or 9)
    _times(port)
    for _ in range(FAILED_CALLS):
        call()
    return {"cpu": found, "gaps": _gaps(_times(port), behaviour)}


def _times(port: int) -> list[tuple[str, float, float]]:
    """The stub's requests since it was last asked: behaviour, arrival and answer in milliseconds."""
    return [(name, came / 1e6, went / 1e6) for name, came, went in ask_stub(port, "times")]


def _gaps(times: list[tuple[str, float, float]], behaviour: str) -> list[float]:
    """From a call's first failure to the fallback's request, retries included; of a hang less its timeout."""
    gaps, failed = [], None
    for name, came, went in times:
        if name == behaviour and failed is None:
            failed = came + TIMEOUT_MS if behaviour == "hang" else went
        elif name == "ok" and failed is not None:
            gaps.append(came - failed)
            failed = None
    return gaps


def _first_byte() -> list[float]:
    """Milliseconds from the moment at which the provider sent its first piece to the moment at which we did."""
    from tests.support.gateway import event, handler

    added: list[float] = []

    class Listening:
        aws_request_id = "bench"

        def get_remaining_time_in_millis(self) -> int:
            return 30_000

        def open_stream(self, head: Any) -> Callable[[bytes], None]:
            return self._piece

        def _piece(self, piece: bytes) -> None:
            now = time.monotonic_ns()
            found = [word for word in piece.decode().split('"') if word.strip().isdigit() and len(word) > 12]
            added.extend((now - int(word)) / 1e6 for word in found)

    body = {"model": ours.PRIMARY, "messages": [{"role": "user", "content": ours.QUESTION}], "stream": True}
    for _ in range(10):
        handler("chat_completions")(event(body, resource="/chat_completions"), Listening())  # type: ignore[arg-type]
    return added


if __name__ == "__main__":
    import tempfile

    out, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - the functions' metrics go there
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(int(sys.argv[1]), sys.argv[2], Path(folder))), file=out)
