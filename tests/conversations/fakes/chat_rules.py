"""Rules of Chat Completions as building blocks: each returns a check, in the words of whichever provider has it.

Words are templates: `{at}` is the place in the request, `{value}` what stands there, `{most}` the bound.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from tests.conversations.fakes.rules import Asked, Body, Faults, call_key, fits, image_kind, number_between

DATA = re.compile(r"data:([^;,]*);base64,(.*)", re.DOTALL)


def messages(asked: Asked, *roles: str) -> Iterator[tuple[int, Body]]:
    """Every message, or those of some roles, with its place."""
    for index, message in enumerate(asked.body["messages"]):
        if not roles or message.get("role") in roles:
            yield index, message


def calls(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every call in the history, with its place."""
    for index, message in messages(asked, "assistant"):
        for number, call in enumerate(message.get("tool_calls") or ()):
            yield f"messages[{index}].tool_calls[{number}]", call


def parts(asked: Asked, *roles: str) -> Iterator[tuple[str, Body]]:
    """Every part of a content that is a list, with its place."""
    for index, message in messages(asked, *roles):
        if isinstance(message.get("content"), list):
            for number, part in enumerate(message["content"]):
                yield f"messages[{index}].content[{number}]", part


def images(asked: Asked) -> Iterator[tuple[str, str]]:
    """The URL of every image, with its place."""
    for at, part in parts(asked):
        if part.get("type") == "image_url":
            image = part["image_url"]
            yield at, image if isinstance(image, str) else image["url"]


def functions(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every tool that is offered, with its place."""
    for index, tool in enumerate(asked.body.get("tools") or ()):
        yield f"tools[{index}].function", tool["function"]


def stops(body: Body) -> list[Any]:
    stop = body.get("stop")
    return [] if stop is None else stop if isinstance(stop, list) else [stop]


def texts(message: Body) -> Iterator[str]:
    """A message's words."""
    content = message.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if "text" in part)


# --- Parameters -----------------------------------------------------------------------------------


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
    top: Collection[str], of: Mapping[str, Collection[str]], words: str, *, call: Collection[str] = ("id", "type", "function", "index")
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


# --- Tools ----------------------------------------------------------------------------------------


def tool_names(pattern: str, words: str) -> Faults:
    """Of the tools that are offered."""
    good = fits(pattern)
    return lambda asked: [
        words.format(at=f"{at}.name", value=one.get("name")) for at, one in functions(asked) if not good(one.get("name"))
    ]


def called_names(pattern: str, words: str) -> Faults:
    """Of the functions that are called in the history."""
    good = fits(pattern)
    return lambda asked: [
        words.format(at=f"{at}.function.name", value=one["function"].get("name"))
        for at, one in calls(asked)
        if not good(one["function"].get("name"))
    ]


def call_ids(pattern: str, words: str) -> Faults:
    """Of calls and of the results that answer them."""
    good = fits(pattern)

    def faults(asked: Asked) -> Iterator[str]:
        for at, call in calls(asked):
            if not good(call.get("id")):
                yield words.format(at=f"{at}.id", value=call.get("id"))
        for index, message in messages(asked, "tool"):
            if not good(message.get("tool_call_id")):
                yield words.format(at=f"messages[{index}].tool_call_id", value=message.get("tool_call_id"))

    return faults


def at_most_tools(most: int, words: str) -> Faults:
    return lambda asked: [words.format(most=most)] if len(asked.body.get("tools") or ()) > most else []


def no_empty_tools(words: str) -> Faults:
    return lambda asked: [words] if asked.body.get("tools") == [] else []


def distinct_tools(words: str) -> Faults:
    def faults(asked: Asked) -> Iterator[str]:
        names = [one.get("name") for _, one in functions(asked)]
        if len(names) != len(set(names)):
            yield words

    return faults


def short_descriptions(words: str) -> Faults:
    """Of tools, where the model has a bound for them."""
    return lambda asked: [
        words.format(at=f"{at}.description", most=asked.model.description)
        for at, one in functions(asked)
        if asked.model.description and len(one.get("description") or "") > asked.model.description
    ]


def object_parameters(words: str) -> Faults:
    """A function's schema is that of an object."""
    return lambda asked: [
        words.format(at=f"{at}.parameters", name=one.get("name"))
        for at, one in functions(asked)
        if "parameters" in one and one["parameters"].get("type") != "object"
    ]


def items_of_arrays(words: str) -> Faults:
    """Every array in a function's schema says of what."""

    def open_arrays(schema: Any) -> Iterator[Body]:
        if isinstance(schema, dict):
            if schema.get("type") == "array" and "items" not in schema and "prefixItems" not in schema:
                yield schema
            for value in schema.values():
                yield from open_arrays(value)
        elif isinstance(schema, list):
            for value in schema:
                yield from open_arrays(value)

    return lambda asked: [
        words.format(name=one.get("name")) for _, one in functions(asked) for _ in open_arrays(one.get("parameters"))
    ]


def only_choices(allowed: Collection[str], words: str) -> Faults:
    """`tool_choice` is one of a few words; a function by its name is not."""

    def faults(asked: Asked) -> Iterator[str]:
        choice = asked.body.get("tool_choice")
        if choice is not None and choice not in allowed:
            yield words.format(value=json.dumps(choice))

    return faults


def object_arguments(words: str) -> Faults:
    """A call's arguments are the JSON text of an object."""

    def faults(asked: Asked) -> Iterator[str]:
        for at, call in calls(asked):
            try:
                sound = isinstance(json.loads(call["function"]["arguments"]), dict)
            except ValueError:
                sound = False
            if not sound:
                yield words.format(at=f"{at}.function.arguments", value=call["function"]["arguments"])

    return faults


def results_for_calls(missing: str, stray: str) -> Faults:
    """Every call has its one result right behind it, and no result is of any other call."""

    def faults(asked: Asked) -> Iterator[str]:
        open_ids: list[Any] = []
        among = False
        for _, message in [*messages(asked), (-1, {"role": "end"})]:
            if message["role"] == "tool":
                if message.get("tool_call_id") not in open_ids:
                    yield stray
                    return
                open_ids.remove(message.get("tool_call_id"))
            else:
                if open_ids:
                    yield missing.format(ids=", ".join(map(str, open_ids)))
                    return
                open_ids = [call.get("id") for call in message.get("tool_calls") or ()]
                among = among or bool(open_ids)

    return faults


def distinct_ids(words: str) -> Faults:
    """Of the calls of one message."""

    def faults(asked: Asked) -> Iterator[str]:
        for _, message in messages(asked, "assistant"):
            ids = [call.get("id") for call in message.get("tool_calls") or ()]
            if len(ids) != len(set(ids)):
                yield words

    return faults


# --- Messages -------------------------------------------------------------------------------------


def no_empty_messages(roles: Iterable[str], words: str) -> Faults:
    """Of these roles; an assistant that calls tools may be silent."""
    silent = tuple(roles)

    def faults(asked: Asked) -> Iterator[str]:
        for index, message in messages(asked, *silent):
            pictured = isinstance(message.get("content"), list) and any("text" not in part for part in message["content"])
            if not (message.get("tool_calls") or pictured or any(texts(message))):
                yield words.format(at=f"messages[{index}]", role=message["role"])

    return faults


def something_said(words: str) -> Faults:
    """An assistant has content, be it empty, or calls."""

    def faults(asked: Asked) -> Iterator[str]:
        for index, message in messages(asked, "assistant"):
            if message.get("content") is None and not message.get("tool_calls") and not message.get("refusal"):
                yield words.format(at=f"messages[{index}].content")

    return faults


def content_given(roles: Iterable[str], words: str) -> Faults:
    """Not null, and no empty list."""
    wanted = tuple(roles)
    return lambda asked: [
        words.format(at=f"messages[{index}].content")
        for index, message in messages(asked, *wanted)
        if message.get("content") in (None, [])
    ]


def string_content(roles: Iterable[str], words: str) -> Faults:
    """No list of parts in messages of these roles."""
    wanted = tuple(roles)
    return lambda asked: [
        words.format(at=f"messages[{index}]", index=index)
        for index, message in messages(asked, *wanted)
        if isinstance(message.get("content"), list)
    ]


def lists_only_with_images(words: str) -> Faults:
    """Where all is text, the content is one string."""
    return lambda asked: [
        words.format(at=f"messages[{index}]", index=index)
        for index, message in messages(asked)
        if isinstance(message.get("content"), list) and all(part.get("type") == "text" for part in message["content"])
    ]


def no_empty_texts(words: str) -> Faults:
    """No part of text without a text."""
    return lambda asked: [
        words.format(at=at)
        for at, part in parts(asked)
        if part.get("type") == "text" and not part["text"]
    ]


def kinds_of_parts(of: Mapping[str, Collection[str]], words: str) -> Faults:
    """Which parts a message may have, by its role."""

    def faults(asked: Asked) -> Iterator[str]:
        for role, kinds in of.items():
            for at, part in parts(asked, role):
                if part.get("type") not in kinds:
                    yield words.format(at=at, value=part.get("type"), role=role)

    return faults


def order(after: Mapping[str, Collection[str]], words: str) -> Faults:
    """Which roles may follow one."""

    def faults(asked: Asked) -> Iterator[str]:
        roles = [message["role"] for _, message in messages(asked)]
        for before, role in zip(roles, roles[1:], strict=False):
            if role not in after[before]:
                yield words.format(role=role, before=before)

    return faults


def last_role(roles: Collection[str], words: str) -> Faults:
    def faults(asked: Asked) -> Iterator[str]:
        last = asked.body["messages"][-1]["role"]
        if last not in roles:
            yield words.format(role=last)

    return faults


def speakers(pattern: str, words: str) -> Faults:
    """The `name` of who speaks."""
    good = fits(pattern)
    return lambda asked: [
        words.format(at=f"messages[{index}].name", value=message["name"])
        for index, message in messages(asked, "system", "developer", "user", "assistant")
        if "name" in message and not good(message["name"])
    ]


# --- Images ---------------------------------------------------------------------------------------


def image_types(kinds: Collection[str], words: str, *, sniffed: bool = False) -> Faults:
    """Data images are of some media types: as they say, or (`sniffed`) as their bytes tell."""

    def faults(asked: Asked) -> Iterator[str]:
        for at, url in images(asked):
            if found := DATA.fullmatch(url):
                kind = image_kind(base64.b64decode(found[2])) if sniffed else found[1]
                if kind not in kinds:
                    yield words.format(at=at, value=found[1])

    return faults


def image_data_alone(words: str) -> Faults:
    return lambda asked: [words.format(at=at) for at, url in images(asked) if not url.startswith("data:")]


def images_where_the_model_can(words: str) -> Faults:
    return lambda asked: [words.format(at=at) for at, _ in images(asked) if "images" not in asked.model.can]


# --- The form of the answer -----------------------------------------------------------------------


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


# --- Thoughts -------------------------------------------------------------------------------------


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


def keys_of(message: Body) -> Iterator[str]:
    """By what the provider knows its own calls in a message again."""
    for call in message.get("tool_calls") or ():
        try:
            yield call_key(call["function"]["name"], json.loads(call["function"]["arguments"]))
        except ValueError:
            continue
