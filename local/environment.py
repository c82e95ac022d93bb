"""The environment that the functions see: what the user set, then `.env`, then defaults for this machine."""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""(["'])(.*)\1\s*(?:#.*)?""")


class Environment:
    """Sets `variables` from these sources. `refresh` reads `.env` again.

    `defaults` apply where a variable is unset or empty elsewhere. `base_overlays` are configuration files before the
    user's own, which override them.
    """

    def __init__(self, dot_env: Path, variables: MutableMapping[str, str] = os.environ) -> None:
        self.dot_env = dot_env
        self.variables = variables
        self.defaults: dict[str, str] = {}
        self.base_overlays: list[Path] = []
        self._initial = dict(variables)
        self._from_file: set[str] = set()
        self.refresh()

    def refresh(self) -> None:
        """Set all variables anew, and remove those that `.env` contained before and contains no longer."""
        file = parse(self.dot_env.read_text("utf-8")) if self.dot_env.is_file() else {}
        wanted = file | self._initial  # a variable that the user set overrides .env, even if it is empty
        wanted |= {name: value for name, value in self.defaults.items() if not wanted.get(name)}
        if self.base_overlays:
            overlays = [*map(str, self.base_overlays), wanted.get("AGENTOS_CONFIG", "")]
            wanted["AGENTOS_CONFIG"] = os.pathsep.join(filter(None, overlays))
        for name in self._from_file - wanted.keys():
            del self.variables[name]
        self.variables.update(wanted)
        self._from_file = file.keys() - self._initial.keys()

    def get(self, name: str) -> str:
        """The value; empty if it is unset."""
        return self.variables.get(name, "")

    def overlays(self) -> list[Path]:
        """The configuration files in AGENTOS_CONFIG. Later ones override earlier ones."""
        return [Path(name) for name in self.get("AGENTOS_CONFIG").split(os.pathsep) if name]


def parse(text: str) -> dict[str, str]:
    """The values in a `.env` text: `NAME=value` lines, optional quotes, `#` for comments, no substitution."""
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {line[1]: _value(line[2]) for line in found if line}


def _value(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted else re.split(r"(?:^|\s)#", text, maxsplit=1)[0].rstrip()
