"""The first request of an environment finds everything loaded and built: until then it had a whole processor."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.gateway import ROOT, event
from tests.support.upstream import Upstream

FIRST = """
import gc, importlib.util, json, sys
from types import SimpleNamespace
from pydantic import BaseModel

def models(of=BaseModel):
    return {one for kind in of.__subclasses__() for one in (kind, *models(kind))}

def built():
    return {one.__name__ for one in models() if one.__pydantic_complete__}

spec = importlib.util.spec_from_file_location("app", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
loaded, ready, collects = set(sys.modules), built(), gc.isenabled()
context = SimpleNamespace(aws_request_id="one", get_remaining_time_in_millis=lambda: 30_000)
answer = module.handler(json.loads(sys.argv[2]), context)
late = [name for name in set(sys.modules) - loaded if not name.startswith("encodings.")]
found = {"status": answer["statusCode"], "loaded": sorted(late), "built": sorted(built() - ready)}
print(json.dumps({**found, "collects": collects}))
"""


def first_request(folder: str, sent: Any, environment: dict[str, str]) -> Any:
    """The status of a function's first answer, what was loaded and built for it, and whether init has left garbage
    collection on, in a process of its own."""
    command = [sys.executable, "-c", FIRST, str(ROOT / "functions" / folder / "app.py"), json.dumps(sent)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("folder", ["get_agent", "send_message", "chat_completions"])
def test_the_first_request_loads_no_module_and_builds_no_schema(
    folder: str, api: Any, dynamodb_url: str, table_name: str, upstream: Upstream
) -> None:
    agent = api.agent()
    path = {"agentId": agent, "sessionId": api.session(agent)}
    body = {
        "send_message": {"content": "Hello"},
        "chat_completions": {"model": "local:any", "messages": [{"role": "user", "content": "Hello"}]},
    }
    environment = {
        "PYTHONPATH": str(ROOT / "shared"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AUTH_MODE": "none",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url,
        "TABLE_NAME": table_name,
        "LOCAL_ENDPOINT": upstream.url,
    }
    first = first_request(folder, event(body.get(folder), path, resource=f"/{folder}"), environment)
    assert first == {"status": 200, "loaded": [], "built": [], "collects": True}


def test_functions_name_what_they_import_from_the_composition_root() -> None:
    """Init builds what a handler's module has imported by name. What it reaches through a module is built too late."""
    found = [
        path.parent.name
        for path in ROOT.glob("functions/*/app.py")
        if "from agentos import wiring" in path.read_text().splitlines()
    ]
    assert found == []


def test_what_cannot_be_built_at_init_is_the_first_requests_error() -> None:
    environment = {
        "PYTHONPATH": str(ROOT / "shared"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AGENTOS_CONFIG": "/nowhere/at/all.yaml",
        "AUTH_MODE": "none",
        "TABLE_NAME": "none",
    }
    assert first_request("health", event(resource="/health"), environment)["status"] == 500
