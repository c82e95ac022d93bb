"""What of a request a wire format, a provider or a model takes."""

import re
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from agentos.domain.names import ParameterName
from agentos.domain.parameters import Effort
from agentos.domain.reasoning import EFFORTS
from agentos.kernel.values import Number, Value


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_regular_expression)]
"""A regular expression of Python's that must match the whole text."""

WORD = r"[a-zA-Z0-9_-]{1,64}"


class RequestLimits(Value):
    """What of a request is taken. A format has its own limits; configuration lays a provider's and a model's over them.

    Parameters:
    - `ranges`: the least and the largest value. `exclusive`: pairs of which only the first may be sent.
      `least_max_tokens`: the least bound on an answer's tokens; the largest is the model's `maxOutputTokens`.
    - `stops`: how many are taken. `blank_stops`: whether they may be white space alone.
    - `cache_marks`: how many places of a prompt may be marked for the provider's cache.
    - `efforts`: the reasoning efforts that are taken of models whose own are not known.

    Messages:
    - `blank_texts`: whether the user may send white space alone. `text_parts`: whether text alone may be a list.
    - `images`: the media types that are taken, and `https` or `http` for addresses. `files`: the same, without those of
      text, which is sent as text. `audio`: the formats that are taken.
    - `lone_files`: whether a message may have files without a text. `plain_file_names`: whether their names must be
      plain words, and all different.
    - `system_anywhere`: whether system messages may follow others. `user_first`, `user_last`: whether the user must
      begin and end. `user_needed`: whether the user or a tool must speak at all. `user_after_tool`: whether the user
      may speak right after a tool's result.

    Tools:
    - `tool_names`, `argument_names`, `tool_call_ids`: what they must match. `unique_call_ids`: whether no two calls of
      a conversation may share an id. `tool_description`: the most characters of a description.
    - `untyped_arrays`: whether a schema may have arrays without `items`. `schema_choices`: whether it may have `oneOf`,
      `anyOf` or `allOf` at its top. `strict_subset`: whether `strict` is taken only with schemas that require
      and close everything; this holds for the answer's schema too.

    The answer:
    - `refused_keywords`: keywords of JSON Schema that its schema may not have (`minItems>1` allows 0 and 1).
      `recursive_schemas`: whether the schema may refer to itself.
    - `json_mode`: `native` where `json_object` is taken, `worded` where a message must say JSON too, `instructed`
      where only words can ask for it. `json_with_tools`: whether `json_object` is taken beside tools.
    """

    ranges: dict[ParameterName, tuple[Number, Number]] = {}
    exclusive: tuple[tuple[ParameterName, ParameterName], ...] = ()
    least_max_tokens: Annotated[int, Field(ge=1)] = 1
    stops: Annotated[int, Field(ge=0)] = 16
    blank_stops: bool = True
    cache_marks: Annotated[int, Field(ge=0)] = 0
    efforts: tuple[Effort, ...] = EFFORTS
    blank_texts: bool = True
    text_parts: bool = True
    images: frozenset[str] | None = None
    files: frozenset[str] | None = None
    audio: frozenset[str] | None = None
    lone_files: bool = True
    plain_file_names: bool = False
    tool_names: Pattern = WORD
    argument_names: Pattern | None = None
    tool_call_ids: Pattern = "(?s).+"
    unique_call_ids: bool = False
    tool_description: Annotated[int, Field(ge=1)] | None = None
    untyped_arrays: bool = True
    schema_choices: bool = True
    refused_keywords: frozenset[str] = frozenset()
    recursive_schemas: bool = True
    strict_subset: bool = False
    json_mode: Literal["native", "worded", "instructed"] = "native"
    json_with_tools: bool = True
    system_anywhere: bool = True
    user_first: bool = False
    user_last: bool = False
    user_needed: bool = False
    user_after_tool: bool = True

    def under(self, own: "RequestLimits") -> "RequestLimits":
        """These limits with those of a provider or a model laid over them: what is given there holds."""
        if not own.model_fields_set:
            return self
        given = {name: getattr(own, name) for name in own.model_fields_set}
        return self.model_copy(update={**given, "ranges": {**self.ranges, **own.ranges}})


@cache
def no_limits() -> RequestLimits:
    """The limits where none are given: the same object each time."""
    return RequestLimits()
