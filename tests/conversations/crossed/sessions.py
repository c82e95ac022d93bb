"""Conversations in sessions that begin at one provider and continue at another."""

import json
from collections.abc import Iterable
from typing import Any

from tests.conversations.crossed.conversation import MODELS, SIMULATED, Conversation, Round, upstream
from tests.conversations.crossed.laws import (
    Broken,
    Needs,
    answered,
    media_of,
    nobody_refuses,
    nothing_is_lost,
    words_of,
)
from tests.conversations.crossed.world import OUTAGES, World
from tests.support.gateway import Answer, StreamingContext
from tests.support.sse import events

Body = dict[str, Any]

BROKE_OFF = {"content_filtered": 422, "upstream_failed": 502}
"""The status that an error would have had, had nothing been sent before it."""


def _content(one: Round) -> Any:
    """The message where no results are due."""
    return "And?" if one.content is None else one.content


def _blank(content: Any) -> bool:
    """Whether a session may refuse to take it, for lack of words."""
    parts = content if isinstance(content, list) else [{"text": content}]
    return any("text" in part and not (part["text"] or "").strip() for part in parts)


class Session:
    """A session whose agent's model is the first provider's, and whose fallbacks are all others'."""

    def __init__(self, world: World, conversation: Conversation, first: str) -> None:
        self._world = world
        self._conversation = conversation
        self._contents: list[Any] = []
        self._words: list[str] = []
        self._calls = 0
        self._first = first
        self.open: list[Body] = []
        """The calls that wait for results."""
        self._has_begun = False
        """Whether the client got a part of the last answer's stream."""

        others = [conversation.model(provider) for provider in MODELS if provider != first]
        self._agent_id = world.api.agent(
            model=conversation.model(first),
            tools=list(conversation.tools),
            config={"fallbackModels": others, **conversation.config},
        )
        self._session_id = world.api.session(self._agent_id)

    def begin(self) -> bool:
        """Whether the first provider has taken every round before the outage; where not, it cannot, and says so."""
        return all(self.round(one, self._first) for one in self._conversation.before)

    def goes_on_at(self, provider: str) -> bool:
        """Whether the provider has taken the next round, all others being down; where not, it cannot, and says so.

        With a round for the first provider, which is back then. Raises Broken.
        """
        outage = self._conversation.outage
        self._world.fakes[self._first].outage = OUTAGES.get(outage)
        down = {*MODELS, self._first} - {provider} - ({self._first} if outage != SIMULATED else set())
        taken = self.round(self._conversation.then, provider, sorted(down))
        self._world.fakes[self._first].outage = None
        if taken and self._conversation.back:
            self.round(self._conversation.back, self._first)
        return taken

    def round(self, one: Round, provider: str, down: Iterable[str] = ()) -> bool:
        """Whether the provider has taken the round, with these down; where not, it cannot, and says so.

        Raises Broken.
        """
        said = [] if self.open else [_content(one)]
        self._world.says(provider, one.answer)
        answer = self._send(self._post(one), {"x-agentos-simulate": ",".join(f"{name}=rate_limited" for name in down)})
        nobody_refuses(self._world)
        code = answer.json.get("code")
        if code == "invalid_request" and any(map(_blank, said)):
            return True  # the session is as it was before
        filtered = code == "content_filtered" and one.answer.refused
        if filtered and not self._has_begun:
            return True  # as well
        self._contents += said
        self._words += [word for content in said for word in words_of(content)]
        if filtered:  # the client has seen thoughts, so the question is stored, with an answer that broke off
            self.open = []
            return True
        if not answered(answer, provider, self._conversation.model(provider), self._beyond(provider)):
            return False
        [received] = self._world.fakes[provider].model.received
        nothing_is_lost(provider, received, self._words, self._calls, list(media_of(self._contents)))
        self._take(one, provider, answer.json)
        return True

    def _take(self, one: Round, provider: str, reply: Body) -> None:
        """The reply's part of the history. Raises Broken."""
        self.open = reply["toolCalls"]
        tools = () if self._conversation.config.get("toolChoice") == "none" else self._conversation.tools
        known = {tool["function"]["name"] for tool in tools}
        if not {call["name"] for call in self.open} <= known:
            raise Broken(f"{provider}: a call comes back by another name", self.open)
        if len(self.open) != len(one.answer.calls if known else ()) and not one.answer.starved:
            raise Broken(f"{provider}: calls are lost", reply)
        self._calls += len(self.open)
        self._words += words_of(reply["content"])

    def snapshot(self) -> "Snapshot":
        return Snapshot(self, self._world)

    @property
    def state(self) -> tuple[Any, ...]:
        """The state that changes from round to round."""
        return tuple(self.open), tuple(self._contents), tuple(self._words), self._calls

    @state.setter
    def state(self, state: tuple[Any, ...]) -> None:
        self.open, self._contents, self._words = map(list, state[:3])
        self._calls = state[3]

    def _beyond(self, provider: str) -> set[str]:
        """What of the conversation the provider cannot do."""
        config = self._conversation.config
        form, choice = config.get("responseFormat"), config.get("toolChoice")
        needs = Needs.of(self._contents, self._conversation.tools, form=form, choice=choice)
        fake, model = self._world.fakes[provider], upstream(self._conversation.model(provider))
        return needs.beyond(provider, fake.models[model], fake.takes(model))

    def _post(self, one: Round) -> Body:
        if not self.open:
            return {"role": one.role, "content": _content(one)}
        given = [one.results[place % len(one.results)] for place in range(len(self.open))]
        results = [
            {"role": "tool", "toolCallId": call["id"], "content": content}
            for call, content in zip(self.open, given, strict=True)
        ]
        return {"messages": results[::-1]}

    def _send(self, body: Body, headers: dict[str, str]) -> Answer:
        path = {"agentId": self._agent_id, "sessionId": self._session_id}
        if not self._conversation.streamed:
            return self._world.api("send_message", body, headers=headers, **path)
        context, query = StreamingContext(), {"stream": "true"}
        answer = self._world.api("send_message", body, query=query, headers=headers, context=context, **path)
        self._has_begun = context.head is not None
        if context.head is None:
            return answer
        last = events(answer.text)[-1]
        status = 200 if last.kind == "message.end" else BROKE_OFF[last.data["code"]]
        return Answer(status, answer.headers, json.dumps(last.data))


class Snapshot:
    """A state to which a session can be reset."""

    def __init__(self, session: Session, world: World) -> None:
        self._session = session
        self._world = world
        self._items = dict(world.table.items)
        self._state = session.state
        self._signed = {name: dict(fake.signed) for name, fake in world.fakes.items()}

    def restore(self) -> None:
        self._world.table.items = dict(self._items)
        self._session.state = self._state
        for name, fake in self._world.fakes.items():
            fake.signed = dict(self._signed[name])
            fake.refusals = []
            fake.outage = None
