"""Writes docs/walk-through.md and its picture from a real run: `make walk-through`.

The last commit is cloned into an empty folder and started with `make run`, as a new user would do it. Bash runs the
commands exactly as the page prints them, with the ids filled in, and the page shows what they answer.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from local.console import CURLS  # noqa: E402
from local.model import START_SECONDS, LocalModel  # noqa: E402
from tools.terminal_picture import picture  # noqa: E402

PAGE = ROOT / "docs" / "walk-through.md"
PICTURE = ROOT / "docs" / "images" / "fallback.svg"
TEXT = Path(__file__).with_suffix(".md")
URL = "http://localhost:8080"
PRIMARY_PORT = 8081
INSTALL_SECONDS = 300
WIDTH = 118
LONGEST_TEXT = 100
LATER = ("content", "model", "provider", "usage", "route")
"""The fields that the page shows of a reply after the first."""

CREATE_AGENT, CREATE_SESSION, SEND = (f"curl{rest}".rstrip() for rest in CURLS.split("curl")[1:])
DRILL = ".venv/bin/python examples/fallback_drill.py"
GET_SESSION = "curl {url}/agents/<agent-id>/sessions/<session-id>"
STREAM = """curl -N -X POST "{url}/agents/<agent-id>/sessions/<session-id>/messages?stream=true" \\
  -H "Content-Type: application/json" -d '{{"content": "And in one word?"}}'"""

Json = dict[str, Any]


@dataclass
class Terminal:
    """The second terminal. It runs commands against `url`, with the ids of earlier answers filled in."""

    url: str
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> Json:
        """The answer. Raises CalledProcessError with what curl said, JSONDecodeError, RuntimeError for an API error."""
        answer: Json = json.loads(self.read(command))
        if "code" in answer:
            raise RuntimeError(f"{command}\nanswers {answer}")
        for field_, name in (("agentId", "agent-id"), ("sessionId", "session-id")):
            if field_ in answer:
                self.ids.setdefault(name, answer[field_])
        return answer

    def read(self, command: str) -> str:
        """The answer as text. Raises CalledProcessError with what curl said."""
        command = command.format(url=self.url)
        for name, value in self.ids.items():
            command = command.replace(f"<{name}>", value)
        environment = {**os.environ, "NO_PROXY": "localhost,127.0.0.1"}
        return subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120
        ).stdout


@dataclass(frozen=True)
class Walk:
    """The answers, in the order of the walk-through. `drill` and `streamed` are text."""

    agent: Json
    session: Json
    keyless: Json
    primary: Json
    drill: str
    fallback: Json
    removed: Json
    session_after: Json
    streamed: str


def walk(url: str, dot_env: Path, primary_port: int = PRIMARY_PORT) -> Walk:
    """Run all commands against a host that runs at `url` and reads `dot_env`."""
    terminal = Terminal(url)
    agent, session, keyless = (terminal.run(command) for command in (CREATE_AGENT, CREATE_SESSION, SEND))
    model = LocalModel(port=primary_port)
    try:
        endpoint = model.wait(START_SECONDS)
        dot_env.write_text(f"OPENAI_API_KEY=any\nOPENAI_ENDPOINT={endpoint}\n")
        primary, drill = terminal.run(SEND), terminal.read(f"AGENTOS_URL={url} {DRILL}")
    finally:
        model.stop()
    fallback = terminal.run(SEND)
    dot_env.unlink()
    removed, session_after = terminal.run(SEND), terminal.run(GET_SESSION)
    streamed = terminal.read(STREAM)
    return Walk(agent, session, keyless, primary, drill, fallback, removed, session_after, streamed)


@contextmanager
def newcomer(port: int) -> Iterator[tuple[Path, str]]:
    """A fresh clone under `make run`, and what its terminal shows before the requests to try."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_ENDPOINT", "FLAGS"))}
    with tempfile.TemporaryDirectory() as folder:
        clone, log = Path(folder, "clone"), Path(folder, "log")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        with log.open("wb") as output:
            host = subprocess.Popen(
                ["make", "run", f"PORT={port}"],
                cwd=clone,
                env=kept,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield clone, _shown(host, log)
        finally:
            os.killpg(host.pid, signal.SIGINT)
            host.wait()


def _shown(host: "subprocess.Popen[bytes]", log: Path) -> str:
    for _ in range(INSTALL_SECONDS):
        start = re.search(r"^AgentOS.*?(?=\n\nTry it)", log.read_text(), re.S | re.M)
        if start:
            return start[0]
        if host.poll() is not None:
            break
        time.sleep(1)
    raise SystemExit(f"make run did not start:\n{log.read_text()}")


def page(walked: Walk, shown: str) -> str:
    """The page: the commands and their answers in the text beside this file. `shown` is what `make run` printed."""
    commands = {
        "create_agent": CREATE_AGENT,
        "create_session": CREATE_SESSION,
        "send": SEND,
        "get_session": GET_SESSION,
        "stream": STREAM,
        "run_drill": DRILL,
    }
    later = {name: _part(vars(walked)[name], *LATER) for name in ("primary", "fallback", "removed")}
    return Template(TEXT.read_text()).substitute(
        {name: command.format(url=URL) for name, command in commands.items()},
        **{name: _block(answer) for name, answer in (vars(walked) | later).items() if isinstance(answer, dict)},
        streamed=_cut(_first_and_last(walked.streamed)),
        drill=walked.drill.rstrip(),
        shown=_cut(shown),
    )


def _cut(text: str) -> str:
    """The text with every line cut to the width."""
    return "\n".join(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in text.splitlines())


def _first_and_last(events: str) -> str:
    """The first three events of a stream and its last one."""
    blocks = events.strip().split("\n\n")
    return "\n\n".join([*blocks[:3], "…", blocks[-1]])


def _part(answer: Json, *names: str) -> Json:
    return {name: answer[name] for name in names}


def _block(answer: Json) -> str:
    return f"```json\n{laid_out(_shortened(answer))}\n```"


def _shortened(value: Any) -> Any:
    """The value with long texts cut. The end of a cut text shows it."""
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one) for one in value]
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value[:LONGEST_TEXT] + "[…]"
    return value


def laid_out(value: Any, indent: int = 0, used: int = 0) -> str:
    """JSON that fits the width. A value that does not fit the line, of which `used` is taken, gets lines of its own."""
    line = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or used + len(line) <= WIDTH:
        return line
    pairs = value.items() if isinstance(value, dict) else (("", one) for one in value)
    keys_and_values = [(f"{json.dumps(name)}: " if name else "", one) for name, one in pairs]
    parts = [key + laid_out(one, indent + 2, indent + 2 + len(key)) for key, one in keys_and_values]
    return f"{line[0]}\n{_filled(parts, indent + 2)}\n{' ' * indent}{line[-1]}"


def _filled(parts: list[str], indent: int) -> str:
    """The parts, as many to a line as fit. A part of several lines stands alone."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}, {part}" if lines else part
        if lines and "\n" not in joined and indent + len(joined) < WIDTH:
            lines[-1] = joined
        else:
            lines.append(part)
    return ",\n".join(" " * indent + line for line in lines)


if __name__ == "__main__":
    with newcomer(8080) as (clone, shown):
        walked = walk(URL, clone / ".env")
    PAGE.write_text(page(walked, shown))
    PICTURE.write_text(picture(DRILL, walked.drill))
