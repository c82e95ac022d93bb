"""Whether the functions of a stack could use their configuration. `make deploy` looks before it changes anything."""

from collections.abc import Mapping
from pathlib import Path

from agentos.kernel.errors import ConfigError
from agentos.settings.loading import load_settings
from tools.stack.checks import RefusedError

FOLDER = Path("Layer", "config")
"""In the folder that `sam build` fills."""


def require_usable(build: Path, parameters: Mapping[str, str]) -> None:
    """Raises RefusedError if functions with these parameters could not: every route would be a 500."""
    name = parameters.get("ConfigFile", "")
    file = build / FOLDER / name
    if name and not file.is_file():
        raise RefusedError(
            f"ConfigFile={name}: put it beside config/default.yaml and run `make build`; {file} is missing."
        )
    try:
        settings = load_settings({"AGENTOS_CONFIG": str(file) if name else ""})
        if parameters.get("AuthMode") == "jwt":
            settings.access.issuer()
    except ConfigError as error:
        raise RefusedError(f"{error}\nMend it in config/ and run `make build`.") from None
