"""Where a debugger attaches: to this process under `make run`, to the function's container under `make replay`."""

import importlib.util
import os
from pathlib import Path

from local.environment import Environment

IN_CONTAINER = "/tmp/lambci_debug_files"  # noqa: S108 - where SAM mounts --debugger-path
MISSING = "DEBUG_PORT needs debugpy, which make installs: make run DEBUG_PORT=5678"


class DebuggerError(Exception):
    """No debugger can attach. The text says why."""


def listen(environment: Environment) -> dict[str, str]:
    """Let a debugger attach to this process at DEBUG_PORT, if that is set. Returns facts for the start-up summary.

    Raises DebuggerError.
    """
    port = environment.get("DEBUG_PORT")
    if not port:
        return {}
    _debugpy_folder()
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else it warns of modules that are frozen into the interpreter
    import debugpy

    try:
        debugpy.listen(("127.0.0.1", int(port)))
    except (RuntimeError, ValueError, OSError) as error:
        raise DebuggerError(f"no debugger can attach at DEBUG_PORT {port}: {error}") from None
    return {"debugger": f"may attach at 127.0.0.1:{port}"}


def sam_options(port: str) -> list[str]:
    """Options of `sam local invoke`: the function waits until a debugger has attached there. Raises DebuggerError."""
    if not port:
        return []
    arguments = f"{IN_CONTAINER}/debugpy --listen 0.0.0.0:{port} --wait-for-client"
    return ["--debug-port", port, "--debugger-path", str(_debugpy_folder()), "--debug-args", arguments]


def _debugpy_folder() -> Path:
    """The folder that contains debugpy. Its compiled parts fit our own Python only, but another works without them."""
    found = importlib.util.find_spec("debugpy")
    if found is None or found.origin is None:
        raise DebuggerError(MISSING)
    return Path(found.origin).parents[1]
