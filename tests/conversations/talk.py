"""A client of the API that posts one message, plain or streamed, and checks the response."""

from dataclasses import dataclass
from typing import Any

from tests.support.gateway import Client, Context, StreamingContext
from tests.support.sse import Event, events, text_of

Body = dict[str, Any]
SECONDS = 600
"""Until the function ends. `limits` end a turn before."""
VOLATILE = {"messageId", "createdAt", "latencyMs", "firstTokenMs"}


@dataclass(frozen=True)
class Outcome:
    """`expected`: the text that came in pieces; empty where nothing came so."""

    status: int
    body: Body
    expected: str = ""


@dataclass(frozen=True)
class Talk:
    """A session."""

    api: Client
    agent_id: str
    session_id: str
    streamed: bool

    @classmethod
    def begin(cls, api: Client, model: str, config: Body, tools: Any, *, streamed: bool) -> "Talk":
        agent_id = api.agent(model=model, config=config, tools=list(tools))
        return cls(api, agent_id, api.session(agent_id), streamed)

    @property
    def path(self) -> dict[str, str]:
        return {"agentId": self.agent_id, "sessionId": self.session_id}

    def post(self, body: Body) -> Outcome:
        if not self.streamed:
            answer = self.api("send_message", body, context=Context(seconds=SECONDS), **self.path)
            return Outcome(answer.status, answer.json)
        context = StreamingContext(seconds=SECONDS)
        answer = self.api("send_message", body, query={"stream": "true"}, context=context, **self.path)
        if answer.headers["content-type"] == "application/json":  # what fails before the first words
            assert context.head is None
            return Outcome(answer.status, answer.json)
        found = events(answer.text)
        _check(found)
        return Outcome(answer.status, found[-1].data, text_of(found))

    def messages(self) -> list[Body]:
        page = self.api("list_messages", query={"limit": "100"}, **self.path).json
        assert page["hasMore"] is False
        return list(page["data"])

    def session(self) -> Body:
        return dict(self.api("get_session", **self.path).json)


def _check(found: list[Event]) -> None:
    """A stream's events against each other: numbered, begun once, and its pieces are the reply that ends it."""
    start, *between, end = found
    assert [event.id for event in found] == list(range(1, len(found) + 1))
    assert start.kind == "message.start"
    deltas = [event for event in between if event.kind == "message.delta"]
    calls = [event.data for event in between if event.kind == "tool_call.delta"]
    assert [event.kind for event in between] == ["message.delta"] * len(deltas) + ["tool_call.delta"] * len(calls)
    assert all(event.data["delta"] for event in deltas), "no piece is empty"
    if end.kind == "error":
        assert calls == []
        return
    assert start.data == {name: end.data[name] for name in ("messageId", "role", "model", "provider")}
    assert calls == [{"index": index, **call} for index, call in enumerate(end.data["toolCalls"])]
    assert text_of(found) == end.data["content"]


def lasting(value: Any) -> Any:
    """A reply or a message without what differs from run to run."""
    if isinstance(value, list):
        return [lasting(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: lasting(one) for name, one in value.items() if name not in VOLATILE}
