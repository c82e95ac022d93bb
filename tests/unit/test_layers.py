"""Imports run one way, from functions down to providers, and libraries stay in their layer."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.gateway import ROOT

PACKAGE = ROOT / "shared" / "agentos"

VALUES = {
    "values",
    "rules",
    "domain",
    "errors",
    "config",
    "clock",
    "json_text",
    "merge_patch",
    "ids",
    "tokens",
    "observe",
}
"""What everybody may use, and what uses nothing but each other."""

MAY_IMPORT: dict[str, set[str] | None] = {
    "": set(),  # the package itself: its version
    **dict.fromkeys(VALUES, VALUES),
    "requests": VALUES,
    "history": VALUES,
    "providers": VALUES | {"providers"},
    "routing": VALUES | {"routing"},
    "store": VALUES | {"store", "history"},
    "catalog": VALUES,
    "agents": VALUES | {"requests", "store", "tools"},
    "sessions": VALUES | {"requests", "store"},
    "preparation": VALUES | {"requests", "history", "routing"},
    "reply": VALUES | {"routing"},
    "audience": VALUES | {"routing"},
    "outlet": set(),
    "streaming": VALUES | {"streaming", "audience", "outlet", "reply", "openai_api"},
    "metrics": VALUES,
    "tools": VALUES,
    "simulation": VALUES | {"routing"},
    "turns": VALUES | {"requests", "preparation", "history", "reply", "audience", "metrics", "store", "routing"},
    "openai_api": VALUES | {"requests"},
    "chat": VALUES | {"openai_api", "audience", "preparation", "reply", "metrics", "store", "routing"},
    "endpoint": VALUES | {"requests", "outlet"},
    "etags": VALUES | {"endpoint"},
    "changes": VALUES | {"endpoint"},
    "deliveries": VALUES | {"endpoint"},
    "long_turns": VALUES | {"requests", "deliveries", "store", "turns"},
    "wiring": None,  # the composition root may see everything
}

HOME_OF = {
    "boto3": {"store/dynamodb.py", "store/queue.py"},
    "botocore": {
        "providers/bedrock.py",
        "providers/bedrock_stream.py",
        "store/dynamodb.py",
        "store/queue.py",
        "store/circuits.py",
    },
    "httpx": {"providers/http.py"},
    "anyio": {"providers/http.py"},
    "yaml": {"config.py"},
    "jsonschema": {"tools.py"},
    "awslambdaric": set(),  # Lambda's own client: agentos.streaming.runtime does without
    "aws_lambda_powertools": {"observe.py", "metrics.py", "routing/health.py", "store/circuits.py"},
}
"""The files that may know a library."""

FILES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return names


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py").replace("__init__", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    allowed = MAY_IMPORT[layer(path)]
    if allowed is None:
        return
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("agentos.")} - {"__version__"}
    assert ours <= allowed, f"{path.name} may not import {sorted(ours - allowed)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_in_their_layer(path: Path) -> None:
    here = str(path.relative_to(PACKAGE))
    for name in {name.partition(".")[0] for name in imports(path)}:
        assert here in HOME_OF.get(name, {here}), f"{here} may not know {name}"


def test_the_runtime_knows_nothing_of_what_it_runs() -> None:
    """Were it to import the functions' libraries, their failure to load could not be told."""
    known, left = set(), {"agentos.streaming.runtime"}
    while left:
        known.add(module := left.pop())
        path = PACKAGE.parent / Path(*module.split(".")).with_suffix(".py")
        found = {name for name in imports(path) if name.partition(".")[0] not in sys.stdlib_module_names}
        assert all(name.startswith("agentos.streaming.") for name in found), module
        left |= {".".join(name.split(".")[:3]) for name in found} - known
    assert len(known) > 1


def test_nobody_imports_functions_or_local() -> None:
    for path in [*FILES, *(ROOT / "functions").rglob("*.py")]:
        assert not {name.partition(".")[0] for name in imports(path)} & {"functions", "local", "tests"}, path


def test_handlers_only_declare() -> None:
    """No try, no dictionary of HTTP, no environment, no boto3; about fifteen lines."""
    for path in (ROOT / "functions").rglob("app.py"):
        tree = ast.parse(path.read_text())
        assert not any(isinstance(node, ast.Try | ast.Dict) and not _headers(node) for node in ast.walk(tree)), path
        assert {name.partition(".")[0] for name in imports(path)} <= {"agentos"}, path
        assert len(path.read_text().splitlines()) <= 20, path


def _headers(node: ast.AST) -> bool:
    """The one dictionary a handler may hold: extra response headers."""
    keys = node.keys if isinstance(node, ast.Dict) else []
    return bool(keys) and all(isinstance(key, ast.Constant) and str(key.value).startswith("x-") for key in keys)


LOADED = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("app", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import agentos.wiring
built = getattr(agentos.wiring, sys.argv[2], None)
if built: built()
print(" ".join(sys.modules))
"""


@pytest.mark.parametrize(
    ("folder", "builder", "unloaded"),
    [
        ("health", "catalog", {"httpx", "anyio", "agentos.routing.execute"}),
        ("providers", "catalog", {"httpx", "anyio", "agentos.routing.execute"}),
        ("create_agent", "agents", {"httpx", "anyio", "jsonschema", "agentos.routing.execute"}),
        ("list_messages", "sessions", {"httpx", "anyio", "yaml", "agentos.config"}),
        ("explain_route", "explanations", {"httpx", "anyio", "agentos.providers.base"}),
        ("send_message", "turns", {"agentos.providers.openai", "agentos.providers.gemini"}),
        ("chat_completions", "chat", {"agentos.providers.openai", "agentos.providers.gemini"}),
        ("list_models", "settings", {"boto3", "httpx", "anyio", "agentos.providers.base"}),
    ],
)
def test_a_function_loads_only_what_it_uses(
    folder: str, builder: str, unloaded: set[str], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("TABLE_NAME", "unused")
    run = subprocess.run(
        [sys.executable, "-c", LOADED, ROOT / "functions" / folder / "app.py", builder],
        env={"PYTHONPATH": str(PACKAGE.parent), "AWS_DEFAULT_REGION": "eu-west-1", "TABLE_NAME": "unused"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not unloaded & set(run.stdout.split())
