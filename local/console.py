"""What the terminal shows: the start-up summary and one line per request. It never shows a variable's value."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from local.template import Route, Template

if TYPE_CHECKING:
    from agentos.settings.loading import Settings

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}

CURLS = """\
curl -X POST {url}/agents -H "Content-Type: application/json" -d '{{
  "name": "routing-agent", "description": "An agent that routes across providers based on task type.",
  "model": "openai:gpt-4o-mini", "tools": [], "config": {{"fallbackModel": "gemini:flash-1.5"}}}}'
curl -X POST {url}/agents/<agent-id>/sessions -H "Content-Type: application/json" -d '{{
  "userId": "routing-user", "metadata": {{"source": "advanced-multi-provider-routing"}}}}'
curl -X POST {url}/agents/<agent-id>/sessions/<session-id>/messages \\
  -H "Content-Type: application/json" -d '{{
  "role": "user", "content": "For a small internal tool, which provider/model would you recommend and why?"}}'"""


def calls(url: str, key: str | None = None) -> str:
    """The three requests to try. With a key, first the variable that holds it."""
    text = CURLS.format(url=url)
    if key is None:
        return text
    return f"export AGENTOS_KEY={key}\n" + text.replace("-H ", '-H "x-api-key: $AGENTOS_KEY" -H ')


def paint(text: str, colour: str) -> str:
    """`text` in colour if the output is a terminal."""
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if sys.stdout.isatty() else text


def say(text: str = "") -> None:
    """Print one line at once."""
    print(text, flush=True)


def fail(text: str) -> None:
    """Print one line that says why the host stops."""
    print(f"agentos: {text}", file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Print one line about something that works here and would not elsewhere."""
    say(f"{paint('warning', 'yellow')}    {text}")


def show_start(url: str, template: Template, settings: "Settings", facts: Mapping[str, str]) -> None:
    """The URL, the routes, streams and queues, then `facts` by their names, then the providers."""
    say(f"{paint('AgentOS Serverless', 'bold')} on {paint(url, 'bold')}\n")
    triggers = [
        *((route.method, route.path, route.function) for route in template.routes if _answers(route)),
        *(("stream", "of the table", source.function) for source in template.stream_sources),
        *(("queue", source.queue, source.function) for source in template.queue_sources),
    ]
    width = max(len(what) for _, what, _ in triggers) + 2
    for kind, what, function in triggers:
        say(f"  {kind:<7}{what:<{width}}{paint(function.name, 'dim')}")
    say()
    for name, fact in facts.items():
        say(f"{name:<11}{fact}")
    _show_providers(settings)


def _answers(route: Route) -> bool:
    """Whether a client would call the route. Preflights and refusals of other methods are for browsers and mistakes."""
    return route.method != "OPTIONS" and route.function.folder.name != "unknown_route"


def _show_providers(settings: "Settings") -> None:
    statuses = {name: provider.availability[0] for name, provider in settings.providers.items()}
    available = [name for name, status in statuses.items() if status == "available"]
    rest = [name for name, status in statuses.items() if status == "not-configured"]
    say(f"providers  {paint(', '.join(available) or 'none', 'green')}")
    if rest:
        say(paint(f"           {len(rest)} without a key or endpoint (.env.example): {', '.join(rest)}", "dim"))


def show_next(url: str, key: str | None = None) -> None:
    """The three requests to try; `key` is the one that they send."""
    say(f"\n{paint('Try it in a second terminal; Ctrl-C stops everything here.', 'bold')}\n")
    say(f"{calls(url, key)}\n")


def undeclared(settings: "Settings", declared: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Variables that configure a provider here, and would not reach a deployed function."""
    return [
        variable
        for provider in settings.providers.values()
        if provider.availability[0] == "available"
        for variable in provider.variables
        if environment.get(variable) and variable not in declared
    ]


def show_request(method: str, path: str, status: int, milliseconds: float) -> None:
    """One line for a request that was answered."""
    colour = "green" if status < 400 else "yellow" if status < 500 else "red"
    say(f"{method:<8}{path} {paint(str(status), colour)} {paint(f'{milliseconds:.0f} ms', 'dim')}")
