"""Rules of Chat Completions as building blocks: parameters, the form of the answer, thoughts.

Each returns a check, in the words of the provider that has it. Words are templates: `{at}` is the place in the request,
`{value}` what stands there, `{most}` the bound.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from tests.conversations.fakes.chat_requests import calls, keys_of, messages, stops, texts
from tests.conversations.fakes.rules import Asked, Faults, fits, number_between


def within(field: str, low: float, high: float, words: str, *, open_low: bool = False) -> Faults:
    """A number between two bounds."""

    def faults(asked: Asked) -> Iterator[str]:
        value = asked.body.get(field)
        if not number_between(low, high, value, open_low=open_low):
            yield words.format(at=field, value=value, low=low, most=high)

    return faults


def one_of(field: str, values: Collection[Any], words: str) -> Faults:
    def faults(asked: Asked) -> Iterator[str]:
        value = asked.body.get(field)
        if value is not None and value not in values:
            yield words.format(at=field, value=value)

    return faults


def efforts(words: str) -> Faults:
    """A reasoning effort that the model has."""

    def faults(asked: Asked) -> Iterator[str]:
        value, known = asked.body.get("reasoning_effort"), asked.model.efforts
        if value is not None and known is not None and value not in known:
            yield words.format(value=value, known=", ".join(sorted(known)))

    return faults


def answer_length(field: str, words: str) -> Faults:
    """At least one token, at most as many as the model gives."""

    def faults(asked: Asked) -> Iterator[str]:
        value = asked.body.get(field)
        if value is not None and not (isinstance(value, int) and 1 <= value <= asked.model.longest):
            yield words.format(at=field, value=value, most=asked.model.longest)

    return faults


def at_most_stops(most: int, words: str) -> Faults:
    def faults(asked: Asked) -> Iterator[str]:
        if (count := len(stops(asked.body))) > most:
            yield words.format(most=most, value=count)

    return faults


def no_empty_stops(words: str) -> Faults:
    return lambda asked: [words for stop in stops(asked.body) if not stop]


def not_given(fields: Iterable[str], words: str) -> Faults:
    """Fields that the provider refuses whatever they say."""
    names = tuple(fields)
    return lambda asked: [words.format(at=name) for name in names if name in asked.body]


def what_the_model_refuses(words: str) -> Faults:
    """Fields that this model refuses."""
    return lambda asked: [words.format(at=name) for name in sorted(asked.model.refuses) if name in asked.body]


def needs_tools(fields: Iterable[str], words: str) -> Faults:
    names = tuple(fields)
    return lambda asked: [words.format(at=name) for name in names if name in asked.body and not asked.body.get("tools")]


def known(
    top: Collection[str],
    of: Mapping[str, Collection[str]],
    words: str,
    *,
    call: Collection[str] = ("id", "type", "function", "index"),
) -> Faults:
    """No field but those that are known: of the request, of a message by its role, of a call."""

    def faults(asked: Asked) -> Iterator[str]:
        yield from (words.format(at=name, name=name) for name in asked.body if name not in top)
        for index, message in messages(asked):
            for name in message:
                if name not in of[message["role"]]:
                    yield words.format(at=f"messages.{index}.{name}", name=name)
        for at, one in calls(asked):
            yield from (words.format(at=f"{at}.{name}", name=name) for name in one if name not in call)

    return faults


def word_json(words: str) -> Faults:
    """`json_object` is asked for in words too."""

    def faults(asked: Asked) -> Iterator[str]:
        if (asked.body.get("response_format") or {}).get("type") == "json_object":
            said = " ".join(text for _, message in messages(asked) for text in texts(message))
            if "json" not in said.lower():
                yield words

    return faults


def forms(kinds: Collection[str], words: str) -> Faults:
    def faults(asked: Asked) -> Iterator[str]:
        kind = (asked.body.get("response_format") or {}).get("type", "text")
        if kind not in kinds:
            yield words.format(value=kind)

    return faults


def schema_names(pattern: str, words: str) -> Faults:
    good = fits(pattern)

    def faults(asked: Asked) -> Iterator[str]:
        wanted = (asked.body.get("response_format") or {}).get("json_schema")
        if wanted is not None and not good(wanted.get("name")):
            yield words.format(at="response_format.json_schema.name", value=wanted.get("name"))

    return faults


def strict_schema(check: Callable[[Any], Iterable[str]]) -> Faults:
    """The rules of strict mode, for an answer's schema that asks for it."""

    def faults(asked: Asked) -> Iterator[str]:
        wanted = (asked.body.get("response_format") or {}).get("json_schema") or {}
        if wanted.get("strict"):
            yield from check(wanted.get("schema") or {})

    return faults


def no_form_with_tools(kinds: Collection[str], words: str) -> Faults:
    """A form of the answer cannot be asked for where tools are offered."""

    def faults(asked: Asked) -> Iterator[str]:
        kind = (asked.body.get("response_format") or {}).get("type")
        if kind in kinds and asked.body.get("tools"):
            yield words

    return faults


def thoughts_back(field: str, missing: str, *, always: bool = False) -> Faults:
    """What the model thought before its calls is in `field` of the message that has them.

    `always`: where tools are in play the field is demanded of every assistant's message, be it empty.
    """

    def faults(asked: Asked) -> Iterator[str]:
        has_tools = bool(asked.body.get("tools")) or any(True for _ in calls(asked))
        for index, message in messages(asked, "assistant"):
            own = [asked.signed[key] for key in keys_of(message) if key in asked.signed]
            given = message.get(field)
            if (own and given != own[0]) or (always and has_tools and given is None):
                yield missing.format(at=f"messages[{index}]", index=index)

    return faults
