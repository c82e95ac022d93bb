"""Rules of Chat Completions as building blocks: tools, calls and their results.

Each returns a check, in the words of the provider that has it. Words are templates: `{at}` is the place in the request,
`{value}` what stands there, `{most}` the bound.
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

from tests.conversations.fakes.chat_requests import calls, functions, messages
from tests.conversations.fakes.rules import Asked, Body, Faults, fits


def tool_names(pattern: str, words: str) -> Faults:
    """Of the tools that are offered."""
    good = fits(pattern)
    return lambda asked: [
        words.format(at=f"{at}.name", value=one.get("name"))
        for at, one in functions(asked)
        if not good(one.get("name"))
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
