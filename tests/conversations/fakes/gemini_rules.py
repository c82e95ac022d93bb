"""Google's rules for generateContent.

https://ai.google.dev/api/generate-content, …/api/caching
"""

import base64
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from tests.conversations.fakes.rules import Asked, Body, Rule, call_key, fits, number_between
from tests.support.sdks import genai_types as types

API = "https://ai.google.dev/api"
GUIDE = "https://ai.google.dev/gemini-api/docs"

NAME = r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}"
FILES = frozenset({"application/pdf", *(f"audio/{name}" for name in ("wav", "mp3", "aiff", "aac", "ogg", "flac"))})
"""Kinds of files and audio. https://ai.google.dev/gemini-api/docs/audio"""

MEDIA = {"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"}
STAND_IN = "skip_thought_signature_validator"
"""What Google's guide to thought signatures names for calls that another model made."""


@cache
def shape() -> type[BaseModel]:
    """The request's body; the SDK has types for all that is in it, but none for the whole."""

    class Shape(BaseModel):
        model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

        contents: list[types.Content]
        system_instruction: types.Content | None = None
        tools: list[types.Tool] = []
        tool_config: types.ToolConfig | None = None
        generation_config: types.GenerationConfig = types.GenerationConfig()

    return Shape


def parts(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every part of the conversation, with its place."""
    for index, content in enumerate(asked.body["contents"]):
        for number, part in enumerate(content.get("parts") or ()):
            yield f"contents[{index}].parts[{number}]", part


def declared(asked: Asked) -> Iterator[tuple[str, Body]]:
    for index, tool in enumerate(asked.body.get("tools") or ()):
        for number, function in enumerate(tool.get("functionDeclarations") or ()):
            yield f"tools[{index}].function_declarations[{number}]", function


def _typed(asked: Asked) -> Iterator[str]:
    try:
        shape().model_validate(asked.body, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        yield f"Invalid JSON payload received. {'.'.join(map(str, first['loc']))}: {first['msg']}"


def _one_kind(asked: Asked) -> Iterator[str]:
    kinds = {"text", "inlineData", "fileData", "functionCall", "functionResponse"}
    for at, part in parts(asked):
        if len(kinds & set(part)) != 1 or part.get("text") == "":
            yield f"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field"


def _parts_given(asked: Asked) -> Iterator[str]:
    if not asked.body["contents"]:
        yield "* GenerateContentRequest.contents: contents is not specified"
    for index, content in enumerate(asked.body["contents"]):
        if not content.get("parts"):
            yield f"* GenerateContentRequest.contents[{index}].parts: contents.parts must not be empty."


def _system(asked: Asked) -> Iterator[str]:
    system = asked.body.get("systemInstruction")
    if system is not None and not all(part.get("text") for part in system.get("parts") or [{}]):
        yield "Unable to submit request because it has an empty text parameter in system_instruction."


def _turns(asked: Asked) -> Iterator[str]:
    before = None
    for content in asked.body["contents"]:
        role = content.get("role")
        if role not in ("user", "model"):
            yield "Please use a valid role: user, model."
        if before != "user" and any("functionCall" in part for part in content.get("parts") or ()):
            yield (
                "Please ensure that function call turn comes immediately after a user turn or after a function "
                "response turn."
            )
        before = role
    if before != "user":
        yield "Please ensure that multiturn requests end with a user role or a function response."


def _results(asked: Asked) -> Iterator[str]:
    """Behind each call its result: as many, of the same names in the same order, and nothing else."""
    calls: list[Any] = []
    for content in asked.body["contents"]:
        given = content.get("parts") or ()
        results = [part["functionResponse"] for part in given if "functionResponse" in part]
        if len(results) != len(calls):
            yield (
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts "
                "of the function call turn."
            )
        elif [(one.get("id"), one["name"]) for one in results] != calls:
            yield "Please ensure that function response turn comes immediately after a function call turn."
        calls = [
            (part["functionCall"].get("id"), part["functionCall"]["name"]) for part in given if "functionCall" in part
        ]


def _signed(asked: Asked) -> Iterator[str]:
    """The first call of an answer comes back with what it was signed with; one of another model's has the stand-in."""
    for index, content in enumerate(asked.body["contents"]):
        for part in [part for part in content.get("parts") or () if "functionCall" in part][:1]:
            call = part["functionCall"]
            own = asked.signed.get(call_key(call["name"], call.get("args") or {}))
            given = part.get("thoughtSignature")
            if not given:
                yield f"Function call is missing a thought_signature in functionCall parts. position {index}"
            elif given != (base64.b64encode(own.encode()).decode() if own else STAND_IN):
                yield "Corrupted thought signature."


def _names(asked: Asked) -> Iterator[str]:
    good = fits(NAME)
    names = [(f"{at}.name", one["name"]) for at, one in declared(asked)]
    for kind in ("functionCall", "functionResponse"):
        names += [(f"{at}.{kind}.name", part[kind]["name"]) for at, part in parts(asked) if kind in part]
    for at, name in names:
        if not good(name):
            yield (
                f"* GenerateContentRequest.{at}: Invalid function name. Must start with a letter or an underscore. "
                "Must be "
                "alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum "
                "length of 64."
            )


def _distinct(asked: Asked) -> Iterator[str]:
    names = [one["name"] for _, one in declared(asked)]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"Duplicate function declaration found: {name}"


def _media(asked: Asked) -> Iterator[str]:
    for _, part in parts(asked):
        if "inlineData" in part and part["inlineData"]["mimeType"] not in MEDIA | FILES:
            yield f"Unsupported MIME type: {part['inlineData']['mimeType']}"


def _generation(asked: Asked) -> Body:
    return asked.body.get("generationConfig") or {}


def _ranges(asked: Asked) -> Iterator[str]:
    how = _generation(asked)
    for field, low, high in (
        ("temperature", 0, 2), ("topP", 0, 1), ("presencePenalty", -2, 2), ("frequencyPenalty", -2, 2),
        ("topK", 1, 1000),
    ):  # fmt: skip
        if not number_between(low, high, how.get(field)):
            yield f"* GenerateContentRequest.generation_config.{field}: {field} must be in the range [{low}, {high}]."


def _stops(asked: Asked) -> Iterator[str]:
    if len(_generation(asked).get("stopSequences") or ()) > 5:
        yield (
            "* GenerateContentRequest.generation_config.stop_sequences: The number of stop sequences must be at most 5."
        )


def _length(asked: Asked) -> Iterator[str]:
    most = _generation(asked).get("maxOutputTokens")
    if most is not None and not 1 <= most <= asked.model.longest:
        yield (
            f"Unable to submit request because it has a maxOutputTokens value of {most} but the supported range is "
            "from 1 "
            f"(inclusive) to {asked.model.longest + 1} (exclusive)."
        )


def _schema(asked: Asked) -> Iterator[str]:
    how = _generation(asked)
    if how.get("responseJsonSchema") is not None and how.get("responseMimeType") != "application/json":
        yield "response_schema only allowed when response_mime_type is application/json"


def _levels(asked: Asked) -> Iterator[str]:
    thinking = (asked.body.get("generationConfig") or {}).get("thinkingConfig") or {}
    level, known = thinking.get("thinkingLevel"), asked.model.efforts
    if level is not None and known is not None and level.lower() not in known:
        yield f"Thinking level {level.upper()} is not supported for this model."
    if {"thinkingLevel", "thinkingBudget"} <= set(thinking):
        yield "You can only set only one of thinking budget and thinking level."


RULES = (
    Rule("levels of the model", f"{GUIDE}/thinking", _levels),
    Rule("fields that it knows", f"{API}/generate-content", _typed),
    Rule("some parts in a content", "https://github.com/vercel/ai/issues/3775", _parts_given),
    Rule("some data of one kind in a part", "https://github.com/langchain-ai/langchain-google/issues/1393", _one_kind),
    Rule("instructions that are not empty", "https://github.com/langchain-ai/langchain-google/issues/636", _system),
    Rule("calls behind users, users at the end", "https://github.com/google-gemini/gemini-cli/issues/11814", _turns),
    Rule("results for calls", f"{GUIDE}/function-calling", _results),
    Rule("names of functions", f"{API}/caching#FunctionDeclaration", _names),
    Rule("functions of their own names", f"{API}/caching#FunctionDeclaration", _distinct),
    Rule("signatures come back", f"{GUIDE}/thought-signatures", _signed),
    Rule("images of five kinds", f"{GUIDE}/image-understanding#supported-formats", _media),
    Rule("numbers in range", f"{API}/generate-content#generationconfig", _ranges),
    Rule("at most 5 stops", f"{API}/generate-content#generationconfig", _stops),
    Rule("as many tokens as the model gives", f"{API}/generate-content#generationconfig", _length),
    Rule("a schema for JSON alone", f"{GUIDE}/structured-output", _schema),
)
