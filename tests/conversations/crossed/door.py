"""A client's own history through a door, sent to one provider and, when that is down, to another."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conversations.crossed.conversation import SIMULATED, Says, model_of, upstream
from tests.conversations.crossed.doors import CHAT, Door
from tests.conversations.crossed.laws import (
    Broken,
    Needs,
    answered,
    code_of,
    media_of,
    nobody_refuses,
    nothing_is_lost,
    words_of,
)
from tests.conversations.crossed.world import OUTAGES, World
from tests.support.gateway import Answer, StreamingContext

Body = dict[str, Any]
WELL = Says()


@dataclass(frozen=True)
class Request:
    """A chat request, but for its model. `models`: as in `Conversation`."""

    messages: tuple[Body, ...]
    fields: Body = field(default_factory=dict)
    answer: Says = WELL
    models: Mapping[str, str] = field(default_factory=dict)
    outage: str = SIMULATED

    def model(self, provider: str) -> str:
        return model_of(provider, self.models)

    @property
    def tools(self) -> list[Body]:
        return list(self.fields.get("tools") or ())

    @property
    def words(self) -> list[str]:
        """All texts except for the tools' results."""
        return _words(one for one in self.messages if one["role"] != "tool")

    def says_nothing(self, door: Door) -> bool:
        """Whether it holds nothing for a model to answer."""
        silent = {"tool"} if door.answers_system else {"tool", "system", "developer"}
        words = _words(one for one in self.messages if one["role"] not in silent)
        return not (words or self.calls or self.needs.images or "file" in str(self.messages) or self.media)

    @property
    def media(self) -> list[str]:
        """The kinds of files and audio."""
        return list(media_of(one.get("content") for one in self.messages if one["role"] != "tool"))

    @property
    def calls(self) -> int:
        return sum(len(message.get("tool_calls") or ()) for message in self.messages)

    @property
    def needs(self) -> Needs:
        fields = self.fields
        called = any(message.get("tool_calls") for message in self.messages)
        return Needs.of(
            (message.get("content") for message in self.messages),
            self.tools,
            called=called,
            form=fields.get("response_format"),
            choice=fields.get("tool_choice"),
        )


def _words(messages: Iterable[Body]) -> list[str]:
    return [word for one in messages for word in words_of(one.get("content"))]


def asked(world: World, request: Request, first: str, door: Door = CHAT) -> None:
    """The first provider takes it. Raises Broken."""
    _ask(world, request, first, (first,), door)


def goes_on_at(world: World, request: Request, first: str, provider: str, door: Door = CHAT) -> bool:
    """Whether the other provider answered while the first one is down. Else it must say that it cannot. Raises
    Broken."""
    world.fakes[first].outage = OUTAGES.get(request.outage)
    return _ask(world, request, provider, (first, provider), door)


def _ask(world: World, request: Request, provider: str, chain: Iterable[str], door: Door) -> bool:
    down = [name for name in chain if name != provider] if request.outage == SIMULATED else []
    body = {
        "model": ",".join(request.model(name) for name in chain),
        **door.body(list(request.messages), request.fields),
    }
    world.says(provider, request.answer)
    answer = _send(world, body, door, {"x-agentos-simulate": ",".join(f"{name}=rate_limited" for name in down)})
    nobody_refuses(world)
    # Behind streamed thoughts a filter is told as the stream's error.
    if request.answer.refused and (answer.status in (200, 422) or code_of(answer.json) == "content_filtered"):
        return True
    if answer.status == 400 and request.says_nothing(door):
        return False
    fake, model = world.fakes[provider], upstream(request.model(provider))
    beyond = request.needs.beyond(provider, fake.models[model], fake.takes(model))
    if not answered(answer, provider, request.model(provider), beyond):
        return False
    [received] = world.fakes[provider].model.received
    nothing_is_lost(provider, received, request.words, request.calls, request.media)
    _check_calls(request, provider, door.called(answer.json))
    return True


def _check_calls(request: Request, provider: str, called: list[str]) -> None:
    """Calls come back under names that the client uses: of the tools that it offers or that its history calls.

    Bedrock needs the latter declared too, so that its model may call one again. Raises Broken.
    """
    before = [call for message in request.messages for call in message.get("tool_calls") or ()]
    known = {one["function"]["name"] for one in [*request.tools, *before]}
    if not set(called) <= known:
        raise Broken(f"{provider}: a call comes back by another name", called)


def _send(world: World, body: Body, door: Door, headers: dict[str, str]) -> Answer:
    if not body.get("stream"):
        return world.api(door.folder, body, headers=headers)
    context = StreamingContext()
    answer = world.api(door.folder, body, headers=headers, context=context)
    if context.head is None:
        return answer
    chunks = [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: {")]
    if chunks[-1].get("error") or (chunks[-1].get("response") or {}).get("error"):
        return Answer(502, answer.headers, json.dumps(chunks[-1]))
    return Answer(200, answer.headers, json.dumps(door.whole(chunks)))
