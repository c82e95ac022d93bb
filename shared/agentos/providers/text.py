"""A model's text: valid for UTF-8, whole or in pieces."""

import re

from agentos.domain import AnswerListener, TextListener

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_HALVES = "\ud800", "\udbff"
"""The first and the last of the surrogates that begin a pair."""


def clean(text: str) -> str:
    """Text that UTF-8 can encode: surrogates that form a pair are joined, and a lone one becomes U+FFFD."""
    try:
        text.encode()  # seven times as fast as to search a long text for surrogates
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", joined(text))
    return text


def joined(text: str) -> str:
    """Text whose pairs of surrogates are joined to one character each; lone ones stay."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


class TextEmitter:
    """Passes text on. It waits for more than white space, which is no answer, and never passes on half a character."""

    def __init__(self, listen: TextListener) -> None:
        self._listen = listen
        self._held = ""
        self.started = False
        """Whether any text has been passed on."""

    def add(self, text: str) -> None:
        text = self._held + text
        last = text[-1:]
        half = last if _FIRST_HALVES[0] <= last <= _FIRST_HALVES[1] else ""
        whole = text[: len(text) - len(half)]
        if whole and (self.started or whole.strip()):
            self.started = True
            self._held = half
            self._listen(clean(whole))
        else:
            self._held = text

    def flush(self) -> None:
        """Pass on what was held back (half a character) if the answer has begun."""
        if self.started and self._held:
            self._listen(clean(self._held))
            self._held = ""


class AnswerEmitter:
    """Passes an answer on: its text, and the model's thoughts where somebody listens to them."""

    def __init__(self, listen: AnswerListener) -> None:
        self._text = TextEmitter(listen.on_text)
        self._reasoning = TextEmitter(self._listen)
        self._on_reasoning = listen.on_reasoning
        self._thoughts: list[str] = []

    def add(self, text: str, reasoning: str) -> None:
        self._reasoning.add(reasoning)
        self._text.add(text)

    def flush(self) -> None:
        self._reasoning.flush()
        self._text.flush()

    @property
    def started(self) -> bool:
        """Whether anything has been passed on."""
        return self._text.started or (self._on_reasoning is not None and self._reasoning.started)

    @property
    def reasoning(self) -> str:
        """The thoughts so far."""
        return "".join(self._thoughts)

    def _listen(self, text: str) -> None:
        self._thoughts.append(text)
        if self._on_reasoning:
            self._on_reasoning(text)
