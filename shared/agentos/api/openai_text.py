"""OpenAI's text completions: a prompt goes in, and the text that follows comes out. The form before chats.

https://platform.openai.com/docs/api-reference/completions
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from agentos.api.door_notes import DoorNotes
from agentos.api.lenient import Lenient
from agentos.api.openai_chat import ChatChunks, ChatCompletion, chat_extra, chat_head, chat_reason, chat_usage
from agentos.api.openai_chat_request import ChatForm, StreamOptions, read_parameters
from agentos.api.openai_chat_stream import ChatStream
from agentos.domain import Message, Reply
from agentos.domain.requests import CompletionRequest
from agentos.kernel.errors import InvalidRequest, Unsupported
from agentos.services.stream_listener import StreamListener, StreamStart

Json = dict[str, Any]

KIND = "text_completion"


@dataclass(frozen=True)
class TextForm(ChatForm):
    """`echo`: what stands before the text, which is the prompt where the client wants it back."""

    echo: str = ""


class TextRequest(Lenient):
    """Body of `POST /v1/completions`. Parameters of answering are among the fields that are not declared here."""

    model: str
    prompt: Any
    n: int | None = None
    best_of: int | None = None
    echo: bool | None = None
    suffix: str | None = None
    logprobs: Any = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    def neutral(self) -> tuple[CompletionRequest, TextForm]:
        """The request in the terms that every door shares, and the form of its answer.

        Raises InvalidRequest, Unsupported.
        """
        self._refuse_other_answers()
        notes, prompt = DoorNotes(), self._prompt()
        request = CompletionRequest(
            door="text_completions",
            model=self.model,
            messages=(Message(role="user", content=prompt),),
            parameters=read_parameters(self.model_extra or {}, {}, notes),
            tools=(),
        )
        if self.logprobs is not None:
            notes.add("logprobs", "left out: answers have no probabilities")
        options = self.stream_options or StreamOptions()
        notes.unknown(options.model_extra, "stream_options.")
        echo = prompt if self.echo else ""
        return request, TextForm(tuple(notes), include_usage=options.include_usage, echo=echo)

    def _refuse_other_answers(self) -> None:
        """Raises Unsupported for what would be another answer than the one that is given."""
        for name in ("n", "best_of"):
            if getattr(self, name) not in (None, 1):
                raise Unsupported(f"{name}: only one completion is made.", {"capability": name})
        if self.suffix:
            raise Unsupported("suffix: text cannot be inserted before another.", {"capability": "suffix"})

    def _prompt(self) -> str:
        """The one text of the prompt. Raises InvalidRequest, Unsupported."""
        match self.prompt:
            case str(text) | [str(text)]:
                if text.strip():
                    return text
                raise InvalidRequest.of("prompt", "must not be empty")
            case [str(_), *_]:
                raise Unsupported("prompt: one text is completed at a time.", {"capability": "prompt"})
            case [int(_) | list(_), *_]:
                raise Unsupported("prompt: tokens are not taken; send text.", {"capability": "prompt"})
            case _:
                raise InvalidRequest.of("prompt", "must be a string")


def text_completion(reply: Reply, form: TextForm) -> ChatCompletion:
    """`text_completion`, with our own `agentos` beside OpenAI's fields."""
    choice = _choice(form.echo + reply.content, chat_reason(reply))
    head = chat_head(KIND, reply.message_id, reply.model, "cmpl-")
    return ChatCompletion(
        body={**head, "choices": [choice], "usage": chat_usage(reply), "agentos": chat_extra(reply, form)}
    )


class TextChunks(ChatChunks):
    """The same in pieces, each a `text_completion`."""

    def __init__(self, message_id: str, model: str, form: TextForm) -> None:
        super().__init__(message_id, model, form)
        self._echo = form.echo

    def start(self) -> Json:
        return self._piece(self._echo)

    def text(self, text: str) -> Json:
        self._characters += len(text)
        return self._piece(text)

    def end(self, reply: Reply) -> Iterator[Json]:
        if rest := reply.content[self._characters :]:  # the words of a refusal
            yield self._piece(rest)
        yield self._piece("", chat_reason(reply)) | {"agentos": chat_extra(reply, self._form)}
        if self._usage:
            yield {**self._head, "choices": [], "usage": chat_usage(reply)}

    def _begin(self, message_id: str, model: str) -> Json:
        return chat_head(KIND, message_id, model, "cmpl-")

    def _piece(self, text: str, finish_reason: str | None = None) -> Json:
        return {**self._head, "choices": [_choice(text, finish_reason)], **self._usage}


class TextStream(ChatStream):
    """The streamed response of `POST /v1/completions`."""

    def __init__(
        self, complete: Callable[[StreamListener], Reply], form: TextForm, keep_alive_seconds: float = 0
    ) -> None:
        super().__init__(complete, form, keep_alive_seconds)
        self._text_form = form

    def _chunks_of(self, start: StreamStart) -> ChatChunks:
        return TextChunks(start.message_id, start.model, self._text_form)


def _choice(text: str, finish_reason: str | None) -> Json:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish_reason}
