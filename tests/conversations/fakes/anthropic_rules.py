"""Anthropic's rules for Messages.

https://platform.claude.com/docs/en/api/messages, …/build-with-claude/structured-outputs, …/preserved-thinking
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from tests.conversations.fakes import thinking_rules
from tests.conversations.fakes.rules import Asked, Body, Rule, fits, image_kind, keywords, number_between
from tests.conversations.fakes.typed import Typed
from tests.support.sdks import anthropic

DOCS = "https://platform.claude.com/docs/en"
API = f"{DOCS}/api/messages"
SCHEMAS = f"{DOCS}/build-with-claude/structured-outputs"
WHOLE = Typed(lambda: anthropic.types.message_create_params.MessageCreateParamsNonStreaming)
STREAMED = Typed(lambda: anthropic.types.message_create_params.MessageCreateParamsStreaming)
NAME, ID = "[a-zA-Z0-9_-]{1,128}", "[a-zA-Z0-9_-]+"
MEDIA = ("image/jpeg", "image/png", "image/gif", "image/webp")
OLDER = ("temperature", "top_p", "top_k")
"""Parameters of earlier models, which the SDK has no field for any more."""

REFUSED_KEYWORDS = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems", "uniqueItems", "minProperties", "maxProperties", "not", "oneOf", "patternProperties", "if",
        "then", "else",
    }
)  # fmt: skip


def blocks(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every block of the conversation, with its place."""
    for index, message in enumerate(asked.body["messages"]):
        for number, block in enumerate(_blocks(message)):
            yield f"messages.{index}.content.{number}", block


def _blocks(message: Body) -> list[Body]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _typed(asked: Asked) -> Iterator[str]:
    body = {name: value for name, value in asked.body.items() if name not in OLDER}
    if words := (STREAMED if asked.streamed else WHOLE).fault(body):
        yield f"{words} (Extra inputs are not permitted)"


def _deprecated(asked: Asked) -> Iterator[str]:
    for name in OLDER:
        if name in asked.body and name in asked.model.refuses:
            yield f"`{name}` is deprecated for this model."


def _exclusive(asked: Asked) -> Iterator[str]:
    if asked.model.exclusive and {"temperature", "top_p"} <= set(asked.body):
        yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."


def _ranges(asked: Asked) -> Iterator[str]:
    for name in ("temperature", "top_p"):
        if not number_between(0, 1, asked.body.get(name)):
            yield f"{name}: range: 0..1"


def _length(asked: Asked) -> Iterator[str]:
    most = asked.body["max_tokens"]
    if not 1 <= most <= asked.model.longest:
        yield f"max_tokens: {most} > {asked.model.longest}, which is the maximum allowed number of output tokens"


def _stops(asked: Asked) -> Iterator[str]:
    if not all(stop.strip() for stop in asked.body.get("stop_sequences") or ()):
        yield "stop_sequences: each stop sequence must contain non-whitespace"


def _system(asked: Asked) -> Iterator[str]:
    if "system" in asked.body:
        given = asked.body["system"]
        texts = [given] if isinstance(given, str) else [block["text"] for block in given]
        if not texts or not all(text.strip() for text in texts):
            yield "system: text content blocks must be non-empty"


def _texts(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        inner = block.get("content") if block["type"] == "tool_result" else ()
        for text in [block, *(inner if isinstance(inner, list) else ())]:
            if text["type"] == "text" and not text["text"].strip():
                words = "must contain non-whitespace text" if text["text"] else "must be non-empty"
                yield f"messages: text content blocks {words} ({at})"


def _said(asked: Asked) -> Iterator[str]:
    if not asked.body["messages"]:
        yield "messages: at least one message is required"
    for index, message in enumerate(asked.body["messages"]):
        if not message["content"]:
            yield (
                f"messages.{index}: all messages must have non-empty content except for the optional final assistant "
                "message"
            )


def _first_and_last(asked: Asked) -> Iterator[str]:
    roles = [message["role"] for message in asked.body["messages"]]
    if roles[:1] != ["user"]:
        yield 'messages: first message must use the "user" role'
    if roles[-1:] != ["user"]:
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _merged(asked: Asked) -> list[tuple[str, list[Body]]]:
    """What one side says in a row is combined."""
    sides: list[tuple[str, list[Body]]] = []
    for message in asked.body["messages"]:
        if sides and sides[-1][0] == message["role"]:
            sides[-1][1].extend(_blocks(message))
        else:
            sides.append((message["role"], list(_blocks(message))))
    return sides


def _results(asked: Asked) -> Iterator[str]:
    calls: list[str] = []
    for role, said in _merged(asked):
        kinds = [block["type"] for block in said]
        results = [block["tool_use_id"] for block in said if block["type"] == "tool_result"]
        if kinds[: len(results)] != ["tool_result"] * len(results):
            yield (
                "tool_use ids were found without tool_result blocks immediately after: tool_result blocks must come "
                "first"
            )
        if missing := [one for one in calls if one not in results]:
            yield f"`tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}"
        if stray := [one for one in results if one not in calls]:
            yield f"unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(stray)}"
        if len(results) != len(set(results)):
            yield "each tool_use must have a single result"
        calls = [block["id"] for block in said if block["type"] == "tool_use"]
        if calls and role != "assistant":
            yield "`tool_use` blocks can only be in `assistant` messages"


def _ids(asked: Asked) -> Iterator[str]:
    good = fits(ID)
    for at, block in blocks(asked):
        for name in ("id", "tool_use_id"):
            if block["type"] in ("tool_use", "tool_result") and name in block and not good(block[name]):
                yield f"{at}.{block['type']}.{name}: String should match pattern '^[a-zA-Z0-9_-]+$'"


def _distinct_ids(asked: Asked) -> Iterator[str]:
    ids = [block["id"] for _, block in blocks(asked) if block["type"] == "tool_use"]
    if len(ids) != len(set(ids)):
        yield "messages: `tool_use` ids must be unique"


def _names(asked: Asked) -> Iterator[str]:
    good = fits(NAME)
    names = [(f"tools.{index}.custom.name", tool["name"]) for index, tool in enumerate(asked.body.get("tools") or ())]
    names += [(f"{at}.tool_use.name", block["name"]) for at, block in blocks(asked) if block["type"] == "tool_use"]
    for at, name in names:
        if not good(name):
            yield f"{at}: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"


def _distinct_tools(asked: Asked) -> Iterator[str]:
    names = [tool["name"] for tool in asked.body.get("tools") or ()]
    if len(names) != len(set(names)):
        yield "tools: Tool names must be unique."


def _inputs(asked: Asked) -> Iterator[str]:
    good = fits("[a-zA-Z0-9_.-]{1,64}")
    for index, tool in enumerate(asked.body.get("tools") or ()):
        schema = tool["input_schema"]
        if schema.get("type") != "object":
            yield f"tools.{index}.custom.input_schema.type: Input should be 'object'"
        if {"oneOf", "allOf", "anyOf"} & set(schema):
            yield (
                f"tools.{index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top "
                "level"
            )
        for key in schema.get("properties") or ():
            if not good(key):
                yield (
                    f"tools.{index}.custom.input_schema.properties: Property keys should match pattern "
                    f"'^[a-zA-Z0-9_.-]{{1,64}}$'"
                )


def _forced(asked: Asked) -> Iterator[str]:
    if asked.model.thinks and (asked.body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _ways(asked: Asked) -> Iterable[str]:
    return thinking_rules.ways(asked.model, asked.body, asked.body["max_tokens"])


def _beside_thoughts(asked: Asked) -> Iterable[str]:
    forced = (asked.body.get("tool_choice") or {}).get("type") in ("any", "tool")
    return thinking_rules.beside(asked.body, [name for name in OLDER if name in asked.body], forced)


def _thoughts_first(asked: Asked) -> Iterable[str]:
    kinds = {"tool_result": "result", "thinking": "thinking"}
    return thinking_rules.first(
        asked.body, [[kinds.get(block["type"], "other") for block in said] for _, said in _merged(asked)]
    )


def _choices(asked: Asked) -> Iterator[str]:
    choice = asked.body.get("tool_choice") or {}
    if choice.get("type") in ("any", "tool") and not asked.body.get("tools"):
        yield "tool_choice: tools must be provided to use tool_choice"
    if choice.get("type") == "tool" and choice.get("name") not in [
        tool["name"] for tool in asked.body.get("tools") or ()
    ]:
        yield f"tool_choice: Tool '{choice.get('name')}' not found in provided tools"


def _media(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        if block["type"] == "image" and block["source"]["type"] == "base64":
            kind = block["source"]["media_type"]
            if kind not in MEDIA:
                yield f"{at}.image.source.base64.media_type: Input should be {', '.join(map(repr, MEDIA))}"
            elif kind != (seen := image_kind(base64.b64decode(block["source"]["data"]))):
                yield (
                    f"{at}.image.source.base64: The image was specified using the {kind} media type, but the image "
                    f"appears to be a {seen} image"
                )


def _addresses(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        if (
            block["type"] in ("image", "document")
            and block["source"]["type"] == "url"
            and not block["source"]["url"].startswith("https://")
        ):
            yield f"{at}.{block['type']}.source.url: Only HTTPS URLs are supported."


def _documents(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        if block["type"] == "document" and block["source"]["type"] == "base64":
            source = block["source"]
            if source["media_type"] != "application/pdf":
                yield f"{at}.document.source.base64.media_type: Input should be 'application/pdf'"
            elif not base64.b64decode(source["data"]).startswith(b"%PDF-"):
                yield f"{at}.document.source.base64.data: The PDF specified was not valid."


def closed(schema: Any, words: str) -> Iterator[str]:
    """Every object says that it is closed."""
    for path, keyword, one in keywords(schema):
        if keyword == "type" and one["type"] == "object" and one.get("additionalProperties") is not False:
            yield words.format(path=path)


def limited(schema: Any) -> Iterator[str]:
    """The keywords that structured outputs refuse."""
    for path, keyword, one in keywords(schema):
        if keyword in REFUSED_KEYWORDS:
            yield (
                f"output_config.format.schema{path}: For '{one.get('type')}' type, property '{keyword}' is not "
                "supported"
            )
        if keyword == "minItems" and one["minItems"] not in (0, 1):
            yield (
                f"output_config.format.schema{path}: For 'array' type, 'minItems' values other than 0 or 1 are not "
                "supported"
            )
        if keyword == "$ref" and not str(one["$ref"]).startswith("#/"):
            yield f"output_config.format.schema{path}: External $ref is not supported"
    yield from closed(
        schema,
        "output_config.format.schema{path}: For 'object' type, 'additionalProperties' must be explicitly set to false",
    )


def _schema(asked: Asked) -> Iterable[str]:
    wanted = (asked.body.get("output_config") or {}).get("format")
    return limited(wanted["schema"]) if wanted else ()


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unmarked(inner) for name, inner in value.items() if name != "cache_control"}
    return [_unmarked(one) for one in value] if isinstance(value, list) else value


def _cache_marks(asked: Asked) -> Iterator[str]:
    system = asked.body.get("system")
    marked = [*(asked.body.get("tools") or ()), *(system if isinstance(system, list) else ())]
    marked += [block for _, block in blocks(asked)]
    count = sum("cache_control" in one for one in marked)
    if count > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {count}."
    for at, block in blocks(asked):
        if "cache_control" in block and block["type"] == "thinking":
            yield f"{at}.thinking.cache_control: Extra inputs are not permitted"


def bound_to(model: str, body: Body, messages: list[Body]) -> str:
    """What a thought is signed with: model, system prompt, tools and all that stood before it, without cache marks."""
    system = body.get("system")
    text = system if system is None or isinstance(system, str) else "\n\n".join(block["text"] for block in system)
    parts = [model, text, _unmarked(body.get("tools")), _unmarked(messages)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _thoughts(asked: Asked) -> Iterator[str]:
    for index, message in enumerate(asked.body["messages"]):
        for number, block in enumerate(_blocks(message)):
            if block["type"] != "thinking":
                continue
            words = asked.signed.get(block["signature"])
            if words is None or words != block["thinking"]:
                yield f"messages.{index}.content.{number}: Invalid `signature` in `thinking` block"
            elif block["signature"] != bound_to(asked.body["model"], asked.body, asked.body["messages"][:index]):
                yield f"messages.{index}.content.{number}: `thinking` block is bound to a different conversation"


RULES = (
    Rule("images of four kinds", f"{DOCS}/build-with-claude/vision", _media),
    Rule("fields that it knows", API, _typed),
    Rule("something said", API, _said),
    Rule(
        "users first and last", f"{DOCS}/build-with-claude/prompt-engineering/prefill-claudes-response", _first_and_last
    ),
    Rule("parameters of the model", f"{DOCS}/models/sonnet-5/overview", _deprecated),
    Rule("temperature or top_p", "https://github.com/BerriAI/litellm/issues/15097", _exclusive),
    Rule("numbers in range", "https://github.com/theopenco/llmgateway/issues/3268", _ranges),
    Rule("as many tokens as the model gives", API, _length),
    Rule("stops that are not blank", "https://github.com/BerriAI/litellm/issues/3286", _stops),
    Rule("instructions that are not blank", "https://github.com/anthropics/claude-code/issues/59812", _system),
    Rule("texts that are not blank", "https://github.com/anthropics/claude-code/issues/23440", _texts),
    Rule("results for calls", "https://github.com/aliasrobotics/cai/issues/182", _results),
    Rule("ids of letters and digits", "https://github.com/screenpipe/screenpipe/issues/3252", _ids),
    Rule("ids of their own", API, _distinct_ids),
    Rule("names of tools", "https://github.com/home-assistant/core/issues/147760", _names),
    Rule("tools of their own names", "https://github.com/danny-avila/LibreChat/issues/13162", _distinct_tools),
    Rule("schemas of inputs", API, _inputs),
    Rule("no forced tool while it thinks", f"{DOCS}/models/sonnet-5-5/overview", _forced),
    Rule("ways to think that the model has", f"{DOCS}/build-with-claude/thinking-troubleshooting", _ways),
    Rule("thoughts beside nothing else", f"{DOCS}/build-with-claude/extended-thinking", _beside_thoughts),
    Rule("thoughts before calls", f"{DOCS}/build-with-claude/extended-thinking", _thoughts_first),
    Rule("choices only among tools", API, _choices),
    Rule("documents that are PDF", f"{DOCS}/build-with-claude/pdf-support", _documents),
    Rule("images over https", f"{DOCS}/build-with-claude/vision", _addresses),
    Rule("schemas that it can keep", SCHEMAS, _schema),
    Rule("at most 4 cache marks", f"{DOCS}/build-with-claude/prompt-caching", _cache_marks),
    Rule("thoughts where they belong", f"{DOCS}/build-with-claude/preserved-thinking", _thoughts),
)
