"""API Gateway's side of a function, for tests that call handlers directly."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.canary import leaks

ROOT = Path(__file__).parents[2]


@dataclass
class Context:
    """The part of Lambda's context that functions may use."""

    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    function_name: str = "function"
    seconds: float = 30

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class StreamingContext(Context):
    """The context of an environment that can stream. `head` is the begin of the response, `pieces` what followed."""

    head: dict[str, Any] | None = None
    pieces: list[bytes] = field(default_factory=list)

    def open_stream(self, head: dict[str, Any]) -> Callable[[bytes], None]:
        assert self.head is None
        self.head = json.loads(json.dumps(head))
        return self.pieces.append


@dataclass(frozen=True)
class Answer:
    """A function's response, read as a client reads it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@cache
def handler(folder: str) -> Callable[[dict[str, Any], Context], dict[str, Any]]:
    """A function's handler, loaded once for each new environment (`wiring.rewire`), as Lambda loads it."""
    spec = importlib.util.spec_from_file_location(f"functions.{folder}", ROOT / "functions" / folder / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def event(
    body: Any = None,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    tenant: str | None = None,
    resource: str = "/tests",
) -> dict[str, Any]:
    """A REST proxy event with the fields that functions read. `body` becomes JSON unless it is text."""
    return {
        "resource": resource,
        "httpMethod": "POST",
        "headers": headers or {},
        "pathParameters": path,
        "queryStringParameters": query,
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
        "requestContext": {"requestId": "gateway-id", "authorizer": {"tenant": tenant} if tenant else None},
    }


def invoke(folder: str, an_event: dict[str, Any], context: Context | None = None) -> Answer:
    """The response that a client would get from a function."""
    answer = _answered(folder, an_event, context)
    shown = answer.json["key"] if folder == "create_key" and answer.status == 201 else "nothing"
    found = leaks(answer.text.replace(shown, "") + str(answer.headers), conversation=True)
    assert not found, f"{folder} answered with {', '.join(found)}"
    return answer


def _answered(folder: str, an_event: dict[str, Any], context: Context | None) -> Answer:
    response = handler(folder)(an_event, context or Context())
    if isinstance(context, StreamingContext) and context.head:
        return Answer(context.head["statusCode"], context.head["headers"], b"".join(context.pieces).decode())
    assert set(response) == {"statusCode", "headers", "body", "isBase64Encoded"}
    json.dumps(response)  # Lambda refuses what is not JSON
    return Answer(response["statusCode"], response["headers"], response["body"])


class Client:
    """The API, called by functions' names, without a network."""

    def __init__(self, tenant: str | None = None) -> None:
        self.tenant = tenant

    def __call__(
        self,
        folder: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        context: Context | None = None,
        **path: str,
    ) -> Answer:
        """`client("get_agent", agentId=…)`"""
        return invoke(folder, event(body, path or None, query, headers, self.tenant, f"/{folder}"), context)

    def agent(self, **fields: Any) -> str:
        """A new agent's id."""
        answer = self("create_agent", {"name": "test", "model": "local:any", **fields})
        assert answer.status == 201, answer.text
        return str(answer.json["agentId"])

    def session(self, agent_id: str, **fields: Any) -> str:
        """A new session's id."""
        answer = self("create_session", fields, agentId=agent_id)
        assert answer.status == 201, answer.text
        return str(answer.json["sessionId"])

    def say(self, agent_id: str, session_id: str, content: Any = "Hello", **fields: Any) -> Answer:
        return self("send_message", {"content": content, **fields}, agentId=agent_id, sessionId=session_id)

    def said(self, agent_id: str, session_id: str) -> list[Any]:
        """The content of every message of a session, in order."""
        page = self("list_messages", query={"limit": "100"}, agentId=agent_id, sessionId=session_id)
        return [message["content"] for message in page.json["data"]]
