"""What Responses refuses, each rule with its source."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.conversations.fakes.chat_requests import DATA
from tests.conversations.fakes.chat_rules import what_the_model_refuses, within
from tests.conversations.fakes.openai_schemas import MEDIA, NAME, strict
from tests.conversations.fakes.rules import Asked, Body, Faults, Rule, fits, image_kind
from tests.conversations.fakes.typed import Typed
from tests.support.sdks import openai

SPEC = "https://developers.openai.com/api/reference/resources/responses/methods/create"
GUIDE = "https://developers.openai.com/api/docs/guides"
WHOLE = Typed(lambda: openai.types.responses.response_create_params.ResponseCreateParamsNonStreaming)
STREAMED = Typed(lambda: openai.types.responses.response_create_params.ResponseCreateParamsStreaming)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENCRYPTED, FOLLOWING = "reasoning.encrypted_content", "following"
SAMPLED_UNLESS_REASONING = {"gpt-5.4-mini"}
"""Models that do not reason unless they are asked to, and then take no temperature."""

NO_MATCH = "Invalid '{at}': string does not match pattern. Expected a string that matches the pattern."


def items(asked: Asked, *kinds: str) -> Iterator[tuple[str, Body]]:
    """The input's items of these types, each with its place."""
    for index, item in enumerate(asked.body["input"]):
        if item.get("type", "message") in kinds:
            yield f"input[{index}]", item


def parts(asked: Asked) -> Iterator[tuple[str, Body, Body]]:
    """Every part of a message's content that is a list, with its place and its message."""
    for at, message in items(asked, "message"):
        for index, part in enumerate(message["content"] if isinstance(message["content"], list) else ()):
            yield f"{at}.content[{index}]", message, part


def _typed(asked: Asked) -> Iterator[str]:
    """What the SDK, made from the specification, does not know."""
    if words := (STREAMED if asked.streamed else WHOLE).fault(asked.body):
        yield f"Unknown parameter: {words}"


def _effort(asked: Asked) -> str | None:
    return (asked.body.get("reasoning") or {}).get("effort")


def _efforts(asked: Asked) -> Iterator[str]:
    effort, known = _effort(asked), asked.model.efforts
    if effort is not None and known is not None and effort not in known:
        yield f"Unsupported value: '{effort}' is not supported with this model. Supported values are: {sorted(known)}."


def _beside_reasoning(asked: Asked) -> Iterator[str]:
    if asked.body["model"] in SAMPLED_UNLESS_REASONING and _effort(asked) not in (None, "none"):
        for name in {"temperature", "top_p"} & set(asked.body):
            yield f"Unsupported parameter: '{name}' is not supported with this model."


def _answer_length(asked: Asked) -> Iterator[str]:
    value, most = asked.body.get("max_output_tokens"), asked.model.longest
    if value is not None and value < 16:
        yield f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {value}."
    if value is not None and value > most:
        yield f"max_output_tokens is too large: {value}. This model supports at most {most} output tokens."


def _named(kind: str, field: str, pattern: str, words: str) -> Faults:
    """A field of the items of a type matches a pattern."""
    good = fits(pattern)
    return lambda asked: [
        words.format(at=f"{at}.{field}") for at, one in items(asked, kind) if not good(one.get(field))
    ]


def _call_ids(pattern: str, words: str) -> Faults:
    of_calls = _named("function_call", "call_id", pattern, words)
    of_outputs = _named("function_call_output", "call_id", pattern, words)
    return lambda asked: [*of_calls(asked), *of_outputs(asked)]


def _tools(check: Callable[[Body], bool], words: str) -> Faults:
    return lambda asked: [
        words.format(name=tool["name"], at=f"tools[{index}]")
        for index, tool in enumerate(asked.body.get("tools") or ())
        if not check(tool)
    ]


def _open_arrays(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_open_arrays, schema))
    if not isinstance(schema, dict):
        return False
    untyped = schema.get("type") == "array" and not {"items", "prefixItems"} & set(schema)
    return untyped or any(map(_open_arrays, schema.values()))


def _strict_tools(asked: Asked) -> Iterator[str]:
    for tool in asked.body.get("tools") or ():
        if tool.get("strict", True):
            yield from (f"Invalid schema for function '{tool['name']}': {one}" for one in strict(tool["parameters"]))


def _pairs(asked: Asked) -> Iterator[str]:
    """Every call has its output behind it, and every output its call before it."""
    called: list[str] = []
    for _, item in items(asked, "function_call", "function_call_output"):
        if item["type"] == "function_call":
            called.append(item["call_id"])
        elif item["call_id"] in called:
            called.remove(item["call_id"])
        else:
            yield f"No tool call found for function call output with call_id {item['call_id']}."
    yield from (f"No tool output found for function call {one}." for one in called)


def _parts_by_role(asked: Asked) -> Iterator[str]:
    for _, message, part in parts(asked):
        kinds = OF_ASSISTANTS if message["role"] == "assistant" else OF_CLIENTS
        if part["type"] not in kinds:
            yield f"Invalid value: '{part['type']}'. Supported values are: {' and '.join(map(repr, kinds))}."


OF_ASSISTANTS, OF_CLIENTS = ("output_text", "refusal"), ("input_text", "input_image", "input_file")


def _files(asked: Asked) -> Iterator[str]:
    for at, _, part in parts(asked):
        if part["type"] == "input_file":
            if part.get("file_data") and not part.get("filename"):
                yield f"Missing required parameter: '{at}.filename'."
            url, found = part.get("file_url") or "", DATA.fullmatch(part.get("file_data") or "")
            kind = url.partition(":")[0] or (found[1] if found else "")
            if kind not in asked.media:
                yield f"Invalid input: Expected context stuffing file type to be a supported format, but got {kind}."


def _image_kinds(asked: Asked) -> Iterator[str]:
    for _, _, part in parts(asked):
        found = DATA.fullmatch(part.get("image_url") or "")
        if found and image_kind(base64.b64decode(found[2])) not in MEDIA:
            yield "The image data you provided does not represent a valid image."


def _word_json(asked: Asked) -> Iterator[str]:
    """It must be in the input: instructions do not count."""
    if ((asked.body.get("text") or {}).get("format") or {}).get("type") == "json_object":
        said = [json.dumps(message["content"]) for _, message in items(asked, "message")]
        if "json" not in " ".join(said).lower():
            yield (
                "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
                "'json_object'."
            )


def _format(asked: Asked) -> Body:
    wanted: Body = (asked.body.get("text") or {}).get("format") or {}
    return wanted if wanted.get("type") == "json_schema" else {}


def _schema_name(asked: Asked) -> Iterator[str]:
    if (wanted := _format(asked)) and not re.fullmatch(NAME, wanted["name"]):
        yield NO_MATCH.format(at="text.format.name")


def _strict_schema(asked: Asked) -> Iterator[str]:
    if (wanted := _format(asked)).get("strict"):
        yield from strict(wanted["schema"])


def _thoughts(asked: Asked) -> Iterator[tuple[str, Body, Body | None, Body | None]]:
    """Every reasoning item: its place, itself, the item behind it, and what was signed of it."""
    sent = asked.body["input"]
    for index, item in enumerate(sent):
        if item.get("type") == "reasoning":
            signed = asked.signed.get(item["id"])
            yield f"input[{index}]", item, (sent[index + 1 : index + 2] or [None])[0], signed and json.loads(signed)


def _thoughts_as_they_came(asked: Asked) -> Iterator[str]:
    for _, item, _, signed in _thoughts(asked):
        if not item.get("encrypted_content"):
            yield (
                f"Item with id '{item['id']}' not found. Items are not persisted when `store` is set to false. Try "
                "again with `store` set to true, or remove this item from your input."
            )
        elif signed is None or signed[ENCRYPTED] != item["encrypted_content"]:
            yield f"The encrypted content for item {item['id']} could not be verified."


def _thoughts_before_what_followed(asked: Asked) -> Iterator[str]:
    for _, item, behind, signed in _thoughts(asked):
        if signed and (behind or {}).get("id") != signed[FOLLOWING]:
            yield f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."


def _calls_behind_their_thoughts(asked: Asked) -> Iterator[str]:
    thoughts = {json.loads(signed)[FOLLOWING]: name for name, signed in asked.signed.items()}
    before: Body = {}
    for item in asked.body["input"]:
        if (needed := thoughts.get(item.get("id") or "")) and before.get("id") != needed:
            yield (
                f"Item '{item['id']}' of type '{item['type']}' was provided without its required 'reasoning' item: "
                f"'{needed}'."
            )
        before = item


RULES = (
    Rule("fields that it knows", SPEC, _typed),
    Rule(
        "parameters of the model",
        f"{GUIDE}/latest-model",
        what_the_model_refuses("Unsupported parameter: '{at}' is not supported with this model."),
        code="unsupported_parameter",
    ),
    Rule("efforts of the model", "https://github.com/pydantic/pydantic-ai/issues/7081", _efforts),
    Rule("no temperature beside reasoning", f"{GUIDE}/latest-model", _beside_reasoning, code="unsupported_parameter"),
    Rule("temperature 0..2", SPEC, within("temperature", 0, 2, "Invalid 'temperature': decimal above maximum value.")),
    Rule("top_p 0..1", SPEC, within("top_p", 0, 1, "Invalid 'top_p': decimal above maximum value.")),
    Rule(
        "at least 16 tokens, and as many as the model gives",
        "https://github.com/QuantumNous/new-api/issues/2438",
        _answer_length,
        code="integer_below_min_value",
    ),
    Rule("names of tools", SPEC, _tools(lambda tool: fits(NAME)(tool["name"]), NO_MATCH), code="invalid_value"),
    Rule("names of called tools", SPEC, _named("function_call", "name", NAME, NO_MATCH), code="invalid_value"),
    Rule(
        "ids of at most 64 characters",
        "https://github.com/AnswerDotAI/fastllm/issues/45",
        _call_ids("(?s).{1,64}", "Invalid '{at}': string too long. Expected a string with maximum length 64."),
        code="string_above_max_length",
    ),
    Rule(
        "parameters of an object",
        SPEC,
        _tools(
            lambda tool: tool["parameters"].get("type") == "object",
            "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'.",
        ),
        code="invalid_function_parameters",
    ),
    Rule(
        "arrays that say of what",
        "https://community.openai.com/t/array-schema-missing-items/717218",
        _tools(
            lambda tool: not _open_arrays(tool["parameters"]),
            "Invalid schema for function '{name}': array schema missing items.",
        ),
        code="invalid_function_parameters",
    ),
    Rule(
        "strict tools unless they say otherwise",
        f"{GUIDE}/function-calling#strict-mode",
        _strict_tools,
        code="invalid_function_parameters",
    ),
    Rule("outputs for calls", "https://github.com/openai/codex/issues/620", _pairs),
    Rule(
        "parts of each role", "https://github.com/jeremychone/rust-genai/pull/119", _parts_by_role, code="invalid_value"
    ),
    Rule("images of four kinds", f"{GUIDE}/images-vision", _image_kinds, code="invalid_image_format"),
    Rule("files that it reads", f"{GUIDE}/file-inputs", _files, code="unsupported_file"),
    Rule("the word JSON", f"{GUIDE}/structured-outputs#json-mode", _word_json),
    Rule("a schema's name", SPEC, _schema_name),
    Rule("strict schemas", f"{GUIDE}/structured-outputs#supported-schemas", _strict_schema),
    Rule(
        "thoughts as they came",
        "https://github.com/can1357/oh-my-pi/issues/290",
        _thoughts_as_they_came,
        code="invalid_encrypted_content",
    ),
    Rule(
        "thoughts before what followed them",
        "https://github.com/vercel/ai/issues/7099",
        _thoughts_before_what_followed,
    ),
    Rule(
        "items behind their thoughts",
        "https://github.com/omnigent-ai/omnigent/issues/5066",
        _calls_behind_their_thoughts,
    ),
)
