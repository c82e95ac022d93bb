"""`make replay EVENT=events/<function>/<case>.json`: one recorded event through `sam local invoke`, its answer printed.

The table holds the agent and the session that the recorded events speak of, and is gone afterwards. With
AWS_ENDPOINT_URL_DYNAMODB it is that DynamoDB's, as it is. With DEBUG_PORT the function waits for a debugger there.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agentos.kernel.clock import Clock
from agentos.store.agents import AgentStore
from agentos.store.api_keys import ApiKeyStore
from agentos.store.background_turns import BackgroundTurnStore
from agentos.store.budgets import BudgetStore
from agentos.store.dynamodb import Table
from agentos.store.lanes import LaneStore
from agentos.store.sessions import SessionStore
from agentos.store.tenant_providers import TenantProviderStore
from agentos.store.transport.botocore_client import BotocoreClient
from agentos.store.usage import UsageStore
from local import console, debugger
from local.environment import Environment
from local.sam import cli, stack
from local.template import Template, load_template
from tests.support.gateway import ROOT
from tests.support.seed import seed


class ReplayError(Exception):
    """The function gave no answer; the text is what SAM said."""


def function_of(template: Template, event: Path) -> str:
    """The function whose folder has the name of the event's. Raises ReplayError."""
    folder = event.resolve().parent.name
    for function in template.functions:
        if function.folder.name == folder:
            return function.name
    raise ReplayError(f"{event}: no function has the folder functions/{folder}")


def invoke(
    parts: stack.Stack,
    event: Path,
    variables: dict[str, str] | None = None,
    log: int | None = subprocess.PIPE,
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """The function's answer, from a container of its own; `variables` change the stack's. Raises ReplayError.

    `log` is where SAM and the function write what they have to say; None is the terminal.
    """
    with cli.variables_file(parts.variables | (variables or {})) as file:
        command = [*cli.COMMAND, "local", "invoke", function_of(parts.template, event), "--event", str(event)]
        command += [*parts.options, *options, "--env-vars", str(file)]
        done = subprocess.run(
            command, cwd=parts.root, env=parts.environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise ReplayError(f"{done.stderr or ''}{done.stdout}no answer, exit code {done.returncode}") from None
    return answer


def plant(client: Any, table_name: str) -> None:
    """Store what the events speak of."""
    table = Table(BotocoreClient(client), table_name)
    clock = Clock()
    seed(
        AgentStore(table, clock),
        SessionStore(table, clock),
        BackgroundTurnStore(table, clock),
        ApiKeyStore(table, clock),
        UsageStore(table, days=400),
        TenantProviderStore(table),
        BudgetStore(table, LaneStore(table, lambda *_: None, Clock()), Clock()),
        table,
    )


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("event", type=Path)
    event = parser.parse_args().event.resolve()
    environment = Environment(ROOT / ".env", {**os.environ, "AUTH": "none"})  # recorded events have no key
    try:
        json.loads(event.read_bytes())
        function_of(load_template(ROOT / "template.yaml", stack.TABLE_NAME), event)  # before a stack is started for it
        debug = debugger.sam_options(environment.get("DEBUG_PORT"))
        given = environment.get("AWS_ENDPOINT_URL_DYNAMODB")
        with stack.prepared(ROOT, environment, f"agentos-replay-{os.getpid()}") as parts:
            if not given:
                client = stack.session_of(environment).client("dynamodb", endpoint_url=parts.store.url)
                plant(client, stack.TABLE_NAME)
            show(invoke(parts, event, log=None, options=debug))
    except KeyboardInterrupt:
        return 130
    except (ReplayError, ValueError, debugger.DebuggerError, *stack.FAILURES) as error:
        console.fail(str(error))
        return 1
    return 0


def show(answer: dict[str, Any]) -> None:
    """The answer as HTTP has it: status, headers, body; as it is, where no client is answered by it."""
    if "statusCode" not in answer:
        console.say(json.dumps(answer, indent=2))
        return
    console.say(str(answer["statusCode"]))
    for name, value in answer["headers"].items():
        console.say(f"{name}: {value}")
    console.say()
    console.say(json.dumps(json.loads(answer["body"]), indent=2, ensure_ascii=False) if answer["body"] else "")


if __name__ == "__main__":
    sys.exit(main())
