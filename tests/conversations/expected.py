"""What client and model must have received in a conversation, derived from its script alone."""

from base64 import b64decode
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from tests.conversations.cases import Body, Case
from tests.conversations.fakes.chat import REFUSAL
from tests.conversations.fakes.model import Answer, Image, Item, Offered, Received, Result, Utterance, utterances
from tests.conversations.formats import PRICE, Format

STAND_IN = "Continue."
"""Where two sides must speak in turn and the system alone has spoken, this is said in the user's place."""

FINISHED = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "refused": "refusal",
}


@dataclass
class Expected:
    """The conversation so far."""

    case: Case
    format: Format
    said: list[Utterance] = field(default_factory=list)
    stored: list[Body] = field(default_factory=list)
    """The expected list of messages, without ids and times."""

    open: tuple[str, ...] = ()
    """The calls of the last answer, in their order, results or not."""

    def post(self, body: Body) -> None:
        """The client's part of a step."""
        messages = body.get("messages", [body])
        if messages[0].get("role") == "tool":
            self._results(messages)
        else:
            role = body.get("role", "user")
            self.said.append(Utterance(role, tuple(_items(body["content"]))))
        self.stored += [_sent(message) for message in messages]

    def forget(self) -> None:
        """The client's last message, to which there was no answer."""
        self.said.pop()
        self.stored.pop()

    def answer(self, answer: Answer) -> Body:
        """The model's part; the reply that the client gets."""
        text = _text_of(answer)
        words = (text,) if text else ()
        self.said.append(Utterance("assistant", (*words, *answer.calls)))
        self.open = tuple(call.id for call in answer.calls)
        reply = self._reply(answer)
        self.stored.append(reply)
        return reply

    def waiting(self) -> Body:
        """The reply as long as results are missing: the calls that are left, at no cost."""
        [last] = [one for one in self.stored if one["role"] == "assistant"][-1:]
        given = {item.call_id for item in self.said[-1].items if isinstance(item, Result)}
        nothing: Body = dict.fromkeys(last["usage"], 0)
        return {
            **last,
            "toolCalls": [call for call in last["toolCalls"] if call["id"] not in given],
            "usage": nothing,
            "route": {**last["route"], "attempts": [], "skipped": []},
        }

    def received(self, *, streamed: bool) -> Received:
        """What the model must receive now."""
        config = {name: value for name, value in self.case.config.items() if name not in self.format.unsupported}
        system, said = self._in_turn() if self.format.system_apart else ("", self._in_place())
        return Received(
            system=system,
            said=utterances(said),
            tools=tuple(Offered(f["name"], f["description"], f["parameters"]) for f in map(_function, self.case.tools)),
            temperature=config.get("temperature"),
            top_p=config.get("topP"),
            max_tokens=self._bound(config.get("maxTokens", self.format.max_tokens)),
            stop=tuple(config.get("stop", ())),
            schema=config.get("responseFormat", {}).get("json_schema", {}).get("schema"),
            streamed=streamed,
        )

    def _bound(self, given: int | None) -> int | None:
        return given and max(given, self.format.least_max_tokens)

    def _in_place(self) -> list[Utterance]:
        instructions = self.case.config.get("instructions")
        return [*([Utterance("system", (instructions,))] if instructions else []), *self.said]

    def _in_turn(self) -> tuple[str, list[Utterance]]:
        """The system's text is separate, and there is always a user's message."""
        texts = [str(item) for one in self._in_place() if one.role == "system" for item in one.items]
        said: list[Utterance] = []
        for by_model, run in groupby(self.said, key=lambda one: one.role == "assistant"):
            kept = [one for one in run if one.role != "system"]
            said += kept if kept or by_model else [Utterance("user", (STAND_IN,))]
        return "\n\n".join(texts), said

    def _results(self, messages: list[Body]) -> None:
        """In the order of the calls, however they come in."""
        if self.said[-1].role == "assistant":
            self.said.append(Utterance("user", ()))
        new = [Result.of(message["toolCallId"], _result_text(message["content"])) for message in messages]
        known = [item for item in self.said[-1].items if isinstance(item, Result)]
        in_order = sorted([*known, *new], key=lambda one: self.open.index(one.call_id))
        self.said[-1] = replace(self.said[-1], items=tuple(in_order))

    def _notes(self) -> list[str]:
        """The notes that the client receives about changes to the request."""
        left_out = [name for name in self.format.unsupported if name in self.case.config]
        notes = [f"{name} left out: the model does not take it" for name in left_out]
        given = self.case.config.get("maxTokens")
        if given != self._bound(given):
            notes.append(f"maxTokens raised from {given} to {self._bound(given)}, the least that the model takes")
        stands_in = Utterance("user", (STAND_IN,))
        if self.format.system_apart and stands_in in self._in_turn()[1] and stands_in not in self.said:
            notes.append(f"a user's turn added: {STAND_IN}")
        return notes

    def _reply(self, answer: Answer) -> Body:
        model, provider = self.format.model, self.format.provider
        attempt = {"model": model, "provider": provider, "upstreamModel": "suite", "outcome": "ok", "status": 200}
        route = {
            "requested": model, "served": model, "rule": None, "experiment": None, "fallbackUsed": False,
            "attempts": [{**attempt, "notes": self._notes(), "usage": self._usage(answer)}], "skipped": [],
        }  # fmt: skip
        calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in answer.calls]
        return {
            "role": "assistant",
            "content": _text_of(answer),
            "toolCalls": calls,
            "finishReason": FINISHED[answer.finish],
            "state": "requires_action" if calls else "completed",
            "model": model,
            "provider": provider,
            "usage": self._usage(answer),
            "route": route,
        }

    def _usage(self, answer: Answer) -> Body:
        dear = (answer.prompt - answer.cached) * PRICE["input"] + answer.completion * PRICE["output"]
        return {
            "promptTokens": answer.prompt,
            "completionTokens": answer.completion,
            "totalTokens": answer.prompt + answer.completion,
            "cachedTokens": answer.cached,
            "cacheWriteTokens": 0,
            "reasoningTokens": self.format.reasoning,
            "estimated": False,
            "costUsd": round((dear + answer.cached * PRICE["cachedInput"]) / 1_000_000, 10),
        }


def _text_of(answer: Answer) -> str:
    """A model that refuses says so in the words of the fakes."""
    return answer.text or (REFUSAL if answer.finish == "refused" else "")


def _function(tool: Body) -> Any:
    return tool["function"]


def _sent(message: Body) -> Body:
    return {
        "role": message.get("role", "user"),
        "content": _as_listed(message["content"]),
        "toolCallId": message.get("toolCallId"),
        "taskType": None,
        "priority": None,
        "metadata": {},
    }


def _as_listed(content: Any) -> Any:
    """An image's `detail` has a default."""
    if isinstance(content, str):
        return content
    return [
        {**part, "image_url": {"detail": "auto", **part["image_url"]}} if part["type"] == "image_url" else part
        for part in content
    ]


def _items(content: Any) -> list[Item]:
    if isinstance(content, str):
        return [content]
    return [part["text"] if part["type"] == "text" else _image(part["image_url"]["url"]) for part in content]


def _image(url: str) -> Image:
    if not url.startswith("data:"):
        return Image(url=url)
    media_type, _, data = url.removeprefix("data:").partition(";base64,")
    return Image(media_type, b64decode(data))


def _result_text(content: Any) -> str:
    """A result's parts are lines; no format takes a picture there by its address, so that stands as text."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] if part["type"] == "text" else part["image_url"]["url"] for part in content)
