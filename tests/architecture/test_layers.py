"""Imports run one way, from functions down to providers. Each library stays in its layer."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.support.gateway import ROOT

PACKAGE = ROOT / "shared" / "agentos"

BELOW: dict[str, set[str]] = {
    "kernel": set(),
    "domain": {"kernel"},
    "settings": {"domain", "kernel"},
    "store": {"domain", "kernel"},
    "providers": {"settings", "domain", "kernel"},
    "routing": {"providers", "settings", "domain", "kernel"},
    "services": {"routing", "providers", "store", "settings", "domain", "kernel"},
    "api": {"services", "settings", "domain", "kernel"},
    "wiring": {"api", "services", "routing", "providers", "store", "settings", "domain", "kernel"},
}
"""The rooms, and for each room those that it may import."""

HOME_OF = {
    "boto3": {"store/transport/botocore_client.py"},
    "opentelemetry": {"kernel/otlp.py"},
    "requests": {"kernel/otlp.py"},
    "botocore": {
        "kernel/otlp.py",
        "providers/signing.py",
        "providers/bedrock/stream.py",
        "settings/secrets.py",
        "settings/tenant_secrets.py",
        "store/faults.py",
        "store/queue.py",
        "store/circuits.py",
        "store/transport/answers.py",
        "store/transport/botocore_client.py",
        "store/transport/connections.py",
        "store/transport/credentials.py",
        "store/transport/retries.py",
        "store/transport/skew.py",
    },
    "urllib3": {"providers/connections.py", "providers/http_failures.py", "providers/http_stream.py"},
    "certifi": {"kernel/certificates.py"},
    "httpx": set(),  # the tools and tests have it; no function loads it
    "anyio": set(),
    "yaml": {"settings/loading.py"},
    "jsonschema": {"services/tool_definitions.py"},
    "awslambdaric": set(),  # Lambda's own client, which lambda_streaming does not use
    "aws_lambda_powertools": {
        "kernel/logs.py",
        "routing/health.py",
        "store/circuit_records.py",
        "store/circuits.py",
    },
}
"""The files that may import a library."""

BOTO3_CLIENT = {"boto3", "botocore.session", "botocore.client", "botocore.auth"}

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


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_the_package_holds_the_rooms_and_nothing_else() -> None:
    entries = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert entries == {"__init__", "py.typed", *BELOW}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    if room(path) == "__init__":
        return
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("agentos.")} - {"__version__"}
    above = ours - BELOW[room(path)] - {room(path)}
    assert not above, f"{path.name} may not import {sorted(above)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_in_their_layer(path: Path) -> None:
    here = str(path.relative_to(PACKAGE))
    for name in {name.partition(".")[0] for name in imports(path)}:
        assert here in HOME_OF.get(name, {here}), f"{here} may not know {name}"


def test_the_streaming_runtime_imports_the_standard_library_alone() -> None:
    """If it imported the functions' libraries, it could not report that they failed to load."""
    files = sorted((ROOT / "shared" / "lambda_streaming").rglob("*.py"))
    assert len(files) > 5
    for path in files:
        packages = {name.partition(".")[0] for name in imports(path)}
        assert packages <= {"lambda_streaming", *sys.stdlib_module_names}, path


def test_nobody_imports_functions_or_local() -> None:
    for path in [*FILES, *(ROOT / "functions").rglob("*.py")]:
        assert not {name.partition(".")[0] for name in imports(path)} & {"functions", "local", "tests"}, path


def test_handlers_only_declare() -> None:
    """A handler has no try, no HTTP dictionary, no environment variable and no boto3, and about a dozen lines."""
    for path in (ROOT / "functions").rglob("app.py"):
        tree = ast.parse(path.read_text())
        assert not any(isinstance(node, ast.Try | ast.Dict) and not _headers(node) for node in ast.walk(tree)), path
        assert {name.partition(".")[0] for name in imports(path)} <= {"agentos"}, path
        imported = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.ImportFrom))
        assert len(path.read_text().splitlines()) - imported <= 15, path


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
        ("health", "provider_catalog", {"httpx", "anyio", "agentos.routing.execute"}),
        ("providers", "provider_catalog", {"httpx", "anyio", "agentos.routing.execute"}),
        ("create_agent", "agents", {"httpx", "anyio", "jsonschema", "agentos.routing.execute"}),
        ("list_messages", "sessions", {"httpx", "anyio", "yaml", "agentos.settings.loading"}),
        ("explain_route", "explanations", {"httpx", "anyio", "agentos.providers.adapter"}),
        ("send_message", "turns", {"agentos.providers.openai.adapter", "agentos.providers.gemini.adapter"}),
        ("chat_completions", "completions", {"agentos.providers.openai.adapter", "agentos.providers.gemini.adapter"}),
        ("create_response", "completions", {"agentos.providers.openai.adapter", "agentos.providers.gemini.adapter"}),
        ("anthropic_messages", "completions", {"agentos.providers.anthropic.adapter", "agentos.api.openai_chat"}),
        ("count_message_tokens", "token_counting", {"agentos.routing.execute", "agentos.services.completions"}),
        ("embeddings", "embedding_completions", {"agentos.providers.openai.adapter", "agentos.api.anthropic_messages"}),
        ("list_models", "settings", {"boto3", "httpx", "anyio", "agentos.providers.adapter"}),
    ],
)
def test_a_function_loads_only_what_it_uses(folder: str, builder: str, unloaded: set[str]) -> None:
    assert not unloaded & loaded_by(folder, builder)


@pytest.mark.parametrize(
    ("folder", "builder"),
    [
        ("get_agent", "agents"),
        ("create_session", "sessions"),
        ("health", "provider_catalog"),
        ("explain_route", "explanations"),
        ("send_message", "turns"),
        ("chat_completions", "completions"),
        ("sweep", "deletion"),
    ],
)
def test_what_speaks_to_the_table_does_not_load_the_client_of_boto3(folder: str, builder: str) -> None:
    """It takes longer to load than all else."""
    loaded = loaded_by(folder, builder)
    assert "agentos.store.transport.client" in loaded
    assert not BOTO3_CLIENT & loaded


@pytest.mark.parametrize("folder", ["health", "send_message"])
def test_what_reads_stored_keys_does_not_load_it_either(folder: str) -> None:
    """Nor does what sends to the queue. The keys are read at init, from an address at which nobody listens."""
    address = "http://127.0.0.1:1"
    deployed = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": address,
        "AWS_ENDPOINT_URL_SSM": address,
        "PROVIDER_PARAMETERS": "/stack/providers",
        "TENANT_PARAMETERS": "/stack/tenants",
        "TURN_QUEUE_URL": f"{address}/queue",
    }
    loaded = loaded_by(folder, "sqs" if folder == "send_message" else "settings", **deployed)
    assert {"agentos.settings.secrets", "agentos.store.transport.client"} <= loaded
    assert not BOTO3_CLIENT & loaded


@cache
def loaded_by(folder: str, builder: str, **variables: str) -> set[str]:
    """The modules that a function has loaded once it is built."""
    settings = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_CONFIG_FILE": "/none", "TABLE_NAME": "unused", **variables}
    run = subprocess.run(
        [sys.executable, "-c", LOADED, ROOT / "functions" / folder / "app.py", builder],
        env={"PYTHONPATH": str(PACKAGE.parent), **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("folder", ["health", "send_message", "sweep"])
def test_nothing_of_opentelemetry_is_loaded_where_no_traces_are_configured(folder: str) -> None:
    def loaded(endpoint: str) -> set[str]:
        environment = {"PYTHONPATH": str(PACKAGE.parent), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        command = [sys.executable, "-c", LOADED, ROOT / "functions" / folder / "app.py", ""]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return {name.partition(".")[0] for name in run.stdout.split()}

    traces = {"opentelemetry", "requests", "google"}
    assert not traces & loaded("")
    assert traces <= loaded("http://localhost:4318")
