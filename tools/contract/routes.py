"""The routes of template.yaml, and what their functions declare."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agentos.api.endpoint import Declared
from local.cloudformation import read_template

ROOT = Path(__file__).parents[2]

NO_ROUTES = {"unknown_route", "preflight", "console"}
"""Functions whose routes are not part of the API: what is no route, and the console's page and files."""


@dataclass(frozen=True)
class Route:
    """One method of a path. `summary` is the function's description in the template."""

    folder: str
    method: str
    path: str
    summary: str

    @property
    def templated(self) -> str:
        """The path as OpenAPI writes it, which has no `{model+}`."""
        return self.path.replace("+}", "}")

    @property
    def parameters(self) -> list[str]:
        """The names of its path's parameters."""
        return [part.strip("{+}") for part in self.path.split("/") if part.startswith("{")]


@cache
def routes() -> dict[str, Route]:
    """The route of each function that has one."""
    return {route.folder: route for route in _routes()}


def _routes() -> Iterator[Route]:
    resources = read_template(ROOT / "template.yaml")["Resources"].values()
    for properties in (one["Properties"] for one in resources if one["Type"] == "AWS::Serverless::Function"):
        folder = properties["CodeUri"].strip("/").rpartition("/")[2]
        for event in properties["Events"].values():
            if event["Type"] == "Api" and folder not in NO_ROUTES:
                http = event["Properties"]
                yield Route(folder, http["Method"], http["Path"], properties["Description"])


@cache
def declared(folder: str) -> Declared:
    """What the function's `endpoint` was given."""
    spec = importlib.util.spec_from_file_location(f"functions_{folder}", ROOT / "functions" / folder / "app.py")
    if not spec or not spec.loader:
        raise ValueError(f"functions/{folder}/app.py cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Declared = module.handler.declared
    return found


@cache
def recorded(folder: str) -> dict[str, Any]:
    """The function's recorded events by name, without those that are refused."""
    files = sorted((ROOT / "events" / folder).glob("*.json"))
    return {file.stem: json.loads(file.read_text()) for file in files if not file.stem.startswith("bad_")}


def bodies(folder: str) -> dict[str, Any]:
    """The bodies of the recorded events by name, no two of them the same."""
    found: dict[str, Any] = {}
    for name, event in recorded(folder).items():
        if event["body"] and not event["isBase64Encoded"]:
            body = json.loads(event["body"])
            if body not in found.values():
                found[name] = body
    return found
