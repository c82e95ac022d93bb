"""Puts the providers' keys and endpoints of .env into the stack's parameter store: `make secrets`.

Every `<PROVIDER>_API_KEY` of a configured provider becomes a SecureString below `/<stack>/providers/`, and every
`<PROVIDER>_ENDPOINT` a String, because functions that may decrypt nothing need it to say whether it is an address.
Functions read them within five minutes, without a deployment. A parameter that .env does not have stays in the store,
unless `--prune` removes it. No value is printed.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "shared"))

from agentos.settings.loading import Settings, load_settings  # noqa: E402
from local.environment import parse  # noqa: E402


@dataclass(frozen=True)
class Changes:
    """The names of the parameters by what happened to them."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    def lines(self) -> list[str]:
        """One line for each kind of change that happened."""
        kinds = {"added": self.added, "changed": self.changed, "unchanged": self.unchanged, "removed": self.removed}
        return [f"{kind:<10} {', '.join(names)}" for kind, names in kinds.items() if names] or ["nothing to do"]


def wanted(settings: Settings, variables: Mapping[str, str]) -> dict[str, str]:
    """The values for the store: variables that configure a provider and are not empty."""
    names = [name for provider in settings.providers.values() for name in provider.variables]
    return {name: variables[name].strip() for name in names if variables.get(name, "").strip()}


def push(ssm: Any, path: str, values: Mapping[str, str], *, prune: bool = False) -> Changes:
    """Make the parameters below `path` hold these values. Raises ClientError, BotoCoreError."""
    stored = _stored(ssm, path)
    wanted = {name: (kind(name), value) for name, value in values.items()}
    differing = {name: one for name, one in wanted.items() if stored.get(name) != one}
    for name, (type_, value) in differing.items():
        if name in stored and stored[name][0] != type_:
            ssm.delete_parameter(Name=f"{path}/{name}")
        ssm.put_parameter(Name=f"{path}/{name}", Value=value, Type=type_, Overwrite=True)
    removed = tuple(sorted(stored.keys() - values.keys())) if prune else ()
    for name in removed:
        ssm.delete_parameter(Name=f"{path}/{name}")
    return Changes(
        added=tuple(sorted(differing.keys() - stored.keys())),
        changed=tuple(sorted(differing.keys() & stored.keys())),
        unchanged=tuple(sorted(values.keys() - differing.keys())),
        removed=removed,
    )


def kind(name: str) -> str:
    """The type of a parameter. Its last word says what it holds."""
    return "String" if name.endswith("_ENDPOINT") else "SecureString"


def _stored(ssm: Any, path: str) -> dict[str, tuple[str, str]]:
    """Types and values by name."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    found = [parameter for page in pages for parameter in page["Parameters"]]
    return {one["Name"].removeprefix(f"{path}/"): (one["Type"], one["Value"]) for one in found}


def main() -> int:
    """The exit code."""
    import boto3

    parser = argparse.ArgumentParser(prog="make secrets", description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="agentos", help="the stack's name (default: %(default)s)")
    parser.add_argument("--env-file", type=Path, default=ROOT / ".env", help="default: .env")
    parser.add_argument("--prune", action="store_true", help="remove parameters that the file does not have")
    given = parser.parse_args()
    if not given.env_file.is_file():
        print(f"There is no {given.env_file}; .env.example shows what it may hold.", file=sys.stderr)
        return 1
    values = wanted(load_settings({}), parse(given.env_file.read_text("utf-8")))
    path = f"/{given.stack}/providers"
    try:
        changes = push(boto3.client("ssm"), path, values, prune=given.prune)
    except (BotoCoreError, ClientError) as error:
        print(f"The parameter store cannot be written: {error}", file=sys.stderr)
        return 1
    print(f"{path}/")
    print("\n".join(f"  {line}" for line in changes.lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
