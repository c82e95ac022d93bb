"""Typed clients that are generated from the OpenAPI document compile, and have the types that a program needs."""

import os
import subprocess
import sys
from pathlib import Path

from tests.contract.answers import FILE
from tests.support.gateway import ROOT

OPENAPI = ROOT / ".venv" / "openapi" / "bin"
TYPESCRIPT = ROOT / ".venv" / "typescript" / "node_modules" / ".bin"

MYPY = """
[mypy]
strict = true
warn_redundant_casts = false

[mypy-client.client]
ignore_errors = true
"""
"""The generator's own part of the client, which no document changes, is not strictly typed."""

IN_PYTHON = """
from client import Client
from client.api.agents import create_agent
from client.api.messages import list_messages, send_message
from client.models import Agent, Error, NewAgent, NewMessage, Reply, SentMessage, TurnState

api = Client("http://localhost:8080")
agent = create_agent.sync(client=api, body=NewAgent(name="n", model="local:any"))
assert isinstance(agent, Agent)
answer = send_message.sync(agent.agent_id, "session", client=api, body=NewMessage(content="Hello"), stream=False)
if isinstance(answer, Reply):
    text: str = answer.content
    cost: float | None = answer.usage.cost_usd
elif isinstance(answer, TurnState):
    state: str = answer.state.value
elif isinstance(answer, Error):
    code: str = answer.code.value
"""

IN_TYPESCRIPT = """
import type { components, operations, paths } from "./api";
type Schemas = components["schemas"];
export const agent: Schemas["NewAgent"] = { name: "n", model: "local:any", config: { fallbackModel: "gemini:a" } };
export const sent: operations["sendMessage"]["requestBody"]["content"]["application/json"] = { content: "Hello" };
export const words = (reply: Schemas["Reply"]): string => reply.content;
export const cost = (reply: Schemas["Reply"]): number | null => reply.usage.costUsd;
export const unknown = (error: Schemas["Error"]): boolean => error.code === "not_found";
export type Turn = paths["/agents/{agentId}/sessions/{sessionId}/turns/{turnId}"]["get"]["responses"][200];
"""


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{OPENAPI}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def done(*command: str | Path, folder: Path) -> None:
    """Raises AssertionError with the program's output, unless it succeeds."""
    finished = run(*command, folder=folder)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_a_client_for_python_compiles(tmp_path: Path) -> None:
    """No part of the document is left out of it, and mypy finds no fault with it."""
    options = ("--path", FILE, "--output-path", "client", "--meta", "none", "--fail-on-warning")
    done(OPENAPI / "openapi-python-client", "generate", *options, folder=tmp_path)
    (tmp_path / "program.py").write_text(IN_PYTHON)
    (tmp_path / "mypy.ini").write_text(MYPY)
    types = (sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", "cache")
    done(*types, "program.py", "client", folder=tmp_path)
    (tmp_path / "program.py").write_text(IN_PYTHON.replace('model="local:any"', "model=7"))
    assert "arg-type" in run(*types, "program.py", folder=tmp_path).stdout


def test_a_client_for_typescript_compiles(tmp_path: Path) -> None:
    done(TYPESCRIPT / "openapi-typescript", FILE, "--default-non-nullable", "false", "-o", "api.ts", folder=tmp_path)
    compiler = (TYPESCRIPT / "tsc", "--strict", "--noEmit", "--target", "es2022", "--module", "preserve")
    (tmp_path / "program.ts").write_text(IN_TYPESCRIPT)
    done(*compiler, "program.ts", folder=tmp_path)
    (tmp_path / "program.ts").write_text(IN_TYPESCRIPT.replace('"n", model: "local:any"', '"n", model: 7'))
    assert "TS2322" in run(*compiler, "program.ts", folder=tmp_path).stdout
