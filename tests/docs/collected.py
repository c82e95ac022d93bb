"""Everything public of the project, collected from the code itself."""

import ast
import json
import re
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

from agentos.api import bodies
from agentos.domain import RequestLimits, requests
from agentos.domain.measures import MEASURES
from agentos.domain.reasoning import Reasoning
from agentos.kernel import errors
from agentos.settings import schema
from tests.support.gateway import ROOT
from tests.support.template import template

PYTHON = [path for folder in ("shared", "functions", "local") for path in sorted((ROOT / folder).rglob("*.py"))]
SCRIPTS = [ROOT / ".ci" / "run", *sorted((ROOT / "tests" / "sam_local").glob("*.sh"))]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "examples" / "README.md"]
MAKEFILE = (ROOT / "Makefile").read_text()

HEADER = re.compile(r"[a-z]+(-[a-z]+)+|etag|location|vary|allow")
VARIABLE = re.compile(r"_?[A-Z][A-Z0-9_]+")
NOT_OURS = {"HOME", "PATH", "XDG_CACHE_HOME", "WGETRC", "DOCKER_HOST"}
"""Variables of the system. They mean the same to us as to every program."""


@cache
def parsed(path: Path) -> list[ast.AST]:
    """Every node of a module."""
    return list(ast.walk(ast.parse(path.read_text())))


def nodes() -> Iterator[ast.AST]:
    """Every node of the code that runs in a function or at the local host."""
    for path in PYTHON:
        yield from parsed(path)


def constant(node: ast.AST | None) -> str:
    """The text of a string node. Empty for any other node."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def last_name(node: ast.AST) -> str:
    """The last name of a name or an attribute: `c` of `a.b.c`. Empty for any other node."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def settings(model: type[BaseModel] = schema.ConfigFile, prefix: str = "") -> Iterator[str]:
    """Every setting as a path in YAML: `providers.<name>.thoughts.required`, `routing.rules[].use`."""
    for field in model.model_fields.values():
        path = f"{prefix}{field.alias}"
        if field.annotation in (RequestLimits, Reasoning | None):  # the same in several places, and documented once
            yield path
            continue
        values = list(alternatives(field.annotation, ""))
        if any(kind is None for kind, _ in values):
            yield path
        seen = set()
        for kind, suffix in values:
            for inner in settings(kind, f"{path}{suffix}.") if kind else ():
                seen.add(inner)
        yield from sorted(seen)


def alternatives(annotation: Any, suffix: str) -> Iterator[tuple[type[BaseModel] | None, str]]:
    """The models that a value may be, each with the suffix of the setting's name. None where it is no model."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        yield from alternatives(arguments[0], suffix)
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            if argument is not type(None):
                yield from alternatives(argument, suffix)
    elif origin in (dict, tuple):
        inner = list(alternatives(arguments[1] if origin is dict else arguments[0], ""))
        yield from ((kind, f"{suffix}{'.<name>' if origin is dict else '[]'}" if kind else suffix) for kind, _ in inner)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, RootModel):
        yield annotation, suffix
    else:
        yield None, suffix


def environment_variables() -> set[str]:
    """The environment variables that the functions, the local host, the Makefile and the scripts read."""
    read = {constant(argument) for node in nodes() for argument in _read_from_environment(node)}
    declared = {name for block in _environments() for name in block}
    listed = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    scripts = {name for path in SCRIPTS for name in re.findall(r"\$\{([A-Z0-9_]+)[-:]", path.read_text())}
    given = set(re.findall(r"\$\(([A-Z_]+)\)", MAKEFILE)) | set(re.findall(r"^([A-Z]+) \?=", MAKEFILE, re.M))
    given -= set(re.findall(r"^([A-Z_]+) :?=", MAKEFILE, re.M)) | {"MAKEFILE_LIST", "CURDIR"}
    names = read | declared | listed | scripts | given
    return {name for name in names if VARIABLE.fullmatch(name)} - NOT_OURS


def _environments() -> Iterator[dict[str, Any]]:
    globals_, resources = template()["Globals"]["Function"], template()["Resources"].values()
    blocks = [globals_, *(one.get("Properties", {}) for one in resources)]
    yield from (block["Environment"]["Variables"] for block in blocks if "Environment" in block)


def _read_from_environment(node: ast.AST) -> Iterator[ast.AST]:
    """The names in `os.environ["A"]`, `environment.get("A")`, `"A" in os.environ`."""

    def is_environment(expression: ast.AST) -> bool:
        return last_name(expression).endswith(("environ", "environment", "variables"))

    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and is_environment(node.value):
        yield node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        if node.func.attr in ("get", "pop", "setdefault") and is_environment(node.func.value):
            yield node.args[0]
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and is_environment(node.comparators[0]):
        yield node.left


def template_parameters() -> set[str]:
    return set(template()["Parameters"])


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M))


def error_codes(base: type[errors.ApiError] = errors.ApiError) -> set[str]:
    """The code of every error that a client may get."""
    return {base.code}.union(*(error_codes(kind) for kind in base.__subclasses__()))


def gateway_codes() -> dict[str, str]:
    """The status of each code with which API Gateway answers by itself."""
    answers = template()["Resources"]["Api"]["Properties"]["GatewayResponses"].values()
    return {
        json.loads(one["ResponseTemplates"]["application/json"])["code"]: str(one["StatusCode"])
        for one in answers
        if "StatusCode" in one
    }


def api_nodes(*left_out: str) -> Iterator[ast.AST]:
    """Every node of the functions and the package, except for code that speaks to providers, the table or Lambda."""
    for path in PYTHON:
        if not {"local", "providers", "transport", "lambda_streaming", *left_out} & set(path.relative_to(ROOT).parts):
            yield from parsed(path)


def response_headers() -> set[str]:
    """The keys of dictionaries whose names say that they hold headers."""
    keys = (constant(key) for node in api_nodes("settings") if isinstance(node, ast.Dict) for key in node.keys)
    return {name.lower() for name in keys if HEADER.fullmatch(name.lower())}


def request_headers() -> set[str]:
    """The names that are read from `headers`, or held by a constant HEADER."""
    names = (constant(name) for node in api_nodes("routing") for name in _read_of_headers(node))
    return {name for name in names if re.fullmatch(r"[a-z-]+", name)}


def _read_of_headers(node: ast.AST) -> Iterator[ast.AST]:
    """The names in `headers.get("a")`, `"a" in headers`, `name.lower() == "a"`, `_values("a")`, `HEADER = "a"`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        of_headers = node.func.attr == "get" and last_name(node.func.value).endswith("headers")
        if of_headers or node.func.attr == "_values":
            yield node.args[0]
    elif isinstance(node, ast.Compare):
        if last_name(node.comparators[0]).endswith("headers"):
            yield node.left
        elif isinstance(node.left, ast.Call) and last_name(node.left.func) == "lower":
            yield node.comparators[0]
    elif isinstance(node, ast.Assign) and last_name(node.targets[0]).endswith("HEADER"):
        yield node.value


def query_parameters() -> set[str]:
    """The names that are read from `query`."""
    calls = (node for node in api_nodes() if isinstance(node, ast.Call) and node.args)
    reads = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "get")
    return {constant(call.args[0]) for call in reads if last_name(call.func.value).endswith("query")}


def metrics() -> set[str]:
    return set(MEASURES)


def dimensions() -> set[str]:
    """Every metric has `service` besides its own."""
    return {name for metric in MEASURES.values() for name in metric.dimensions} | {"service"}


def body_fields() -> set[str]:
    """Every field of every request body of this API's own, at any depth: an agent's `config` and its rules included."""
    named = [(one, module) for module in (bodies, requests) for one in vars(module).values() if isinstance(one, type)]
    own = [one for one, module in named if one.__module__ == module.__name__]
    models = [one for one in own if issubclass(one, BaseModel) and not issubclass(one, RootModel)]
    return {re.split(r"[.\[]", path)[-1].strip("]") for model in models for path in settings(model)}
