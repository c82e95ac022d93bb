"""Amazon Bedrock's rules for Converse, and those of Anthropic's models behind it.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from botocore.model import ServiceModel, Shape
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.conversations.fakes import thinking_rules
from tests.conversations.fakes.anthropic_rules import limited
from tests.conversations.fakes.rules import Asked, Body, Rule, fits, image_kind, number_between

DOCS = "https://docs.aws.amazon.com/bedrock/latest"
API = f"{DOCS}/APIReference/API_runtime_Converse.html"
ID = NAME = "[a-zA-Z0-9_-]{1,64}"


POINT = "cachePoint"


def blocks(asked: Asked) -> Iterator[tuple[str, Body]]:
    """Every block of the conversation, with its place."""
    for index, message in enumerate(asked.body["messages"]):
        for number, block in enumerate(message["content"]):
            if POINT not in block:
                yield f"messages.{index}.content.{number}", block


def tools(asked: Asked) -> list[Body]:
    return [tool["toolSpec"] for tool in _tools(asked) if POINT not in tool]


def _tools(asked: Asked) -> list[Body]:
    given: list[Body] = (asked.body.get("toolConfig") or {}).get("tools", [])
    return given


def _points(asked: Asked) -> Iterator[str]:
    lists = [_tools(asked), asked.body.get("system") or [], *(one["content"] for one in asked.body["messages"])]
    count = sum(POINT in block for blocks_ in lists for block in blocks_)
    if count and not asked.model.caches:
        yield "You invoked an unsupported model or your request did not allow prompt caching."
    if count > 4:
        yield f"The model returned the following errors: A maximum of 4 cache points may be provided. Found {count}."
    if any(POINT in one[0] for one in lists if one):
        yield "A cache point cannot be the first block."


@cache
def _service() -> ServiceModel:
    return get_session().get_service_model("bedrock-runtime")


def _shaped(asked: Asked) -> Iterator[str]:
    """What the service's own model does not know, enumerations among it."""
    operation = "ConverseStream" if asked.streamed else "Converse"
    shape: Any = _service().operation_model(operation).input_shape
    parameters = {**asked.body, "modelId": "model"}
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        yield report.generate_report()
    else:
        yield from _words(parameters, shape)


def _words(value: Any, shape: Shape) -> Iterator[str]:
    """botocore leaves it to the service whether a word is one of an enumeration's."""
    known: Any = shape
    if known.type_name == "structure" and not getattr(known, "is_document_type", False):
        for name, one in value.items():
            yield from _words(one, known.members[name])
    elif known.type_name == "list":
        for one in value:
            yield from _words(one, known.member)
    elif getattr(known, "enum", None) and value not in known.enum:
        yield f"1 validation error detected: Value {value!r} failed to satisfy enum value set: {known.enum}"


def _said(asked: Asked) -> Iterator[str]:
    if not asked.body["messages"]:
        yield "The messages field is empty. Add a message and try again."
    for index, message in enumerate(asked.body["messages"]):
        if not message["content"]:
            yield (
                f"The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to "
                "the content field and try again."
            )


def _turns(asked: Asked) -> Iterator[str]:
    roles = [message["role"] for message in asked.body["messages"]]
    if roles[:1] != ["user"]:
        yield (
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    if any(one == other for one, other in pairwise(roles)):
        yield (
            "A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
            "between user and assistant roles and try again."
        )
    if roles[-1:] != ["user"]:
        yield (
            "The model returned the following errors: This model does not support assistant message prefill. The "
            "conversation must end with a user message."
        )


def _texts(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        inner = block["toolResult"]["content"] if "toolResult" in block else ()
        for one in (block, *inner):
            if "text" in one and not one["text"].strip():
                yield (
                    f"The text field in the ContentBlock object at {at} is blank. Add text to the text field, and try "
                    "again."
                )


def _system(asked: Asked) -> Iterator[str]:
    if not all(block["text"].strip() for block in asked.body.get("system") or () if POINT not in block):
        yield (
            "The text field in the SystemContentBlock object at system.0 is blank. Add text to the text field, and "
            "try again."
        )


def _results(asked: Asked) -> Iterator[str]:
    calls: list[str] = []
    for index, message in enumerate(asked.body["messages"]):
        said = message["content"]
        results = [block["toolResult"]["toolUseId"] for block in said if "toolResult" in block]
        if len(results) > len(calls):
            yield (
                f"The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of "
                "previous turn."
            )
        elif sorted(results) != sorted(calls):
            yield f"Expected toolResult blocks at messages.{index}.content for the following Ids: {', '.join(calls)}"
        if results and [next(iter(block)) for block in said[: len(results)]] != ["toolResult"] * len(results):
            yield f"toolResult blocks must come first at messages.{index}.content"
        calls = [block["toolUse"]["toolUseId"] for block in said if "toolUse" in block]


def _ids(asked: Asked) -> Iterator[str]:
    good = fits(ID)
    ids = [
        (at, block[kind]["toolUseId"])
        for at, block in blocks(asked)
        for kind in ("toolUse", "toolResult")
        if kind in block
    ]
    for at, one in ids:
        if not good(one):
            yield (
                f"1 validation error detected: Value '{one}' at '{at}.toolUseId' failed to satisfy constraint: Member "
                "must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
            )


def _distinct_ids(asked: Asked) -> Iterator[str]:
    ids = [block["toolUse"]["toolUseId"] for _, block in blocks(asked) if "toolUse" in block]
    if len(ids) != len(set(ids)):
        yield "The model returned the following errors: messages: `tool_use` ids must be unique"


def _names(asked: Asked) -> Iterator[str]:
    good = fits(NAME)
    names = [(f"toolConfig.tools.{index}.toolSpec.name", one["name"]) for index, one in enumerate(tools(asked))]
    names += [(f"{at}.toolUse.name", block["toolUse"]["name"]) for at, block in blocks(asked) if "toolUse" in block]
    for at, name in names:
        if not good(name):
            yield (
                f"1 validation error detected: Value '{name}' at '{at}' failed to satisfy constraint: Member must "
                "satisfy regular expression pattern: [a-zA-Z0-9_-]+"
            )


def _distinct_tools(asked: Asked) -> Iterator[str]:
    names = [one["name"] for one in tools(asked)]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"The tool config contains duplicate tool name {name}"


def _declared(asked: Asked) -> Iterator[str]:
    used = {block["toolUse"]["name"] for _, block in blocks(asked) if "toolUse" in block}
    if used and not tools(asked):
        yield "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    elif unknown := used - {one["name"] for one in tools(asked)}:
        yield f"toolConfig does not declare {sorted(unknown)}"


def _inputs(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        if "toolUse" in block and not isinstance(block["toolUse"]["input"], dict):
            yield (
                f"The format of the value at {at}.toolUse.input is invalid. Provide a json object for the field and "
                "try again."
            )
    for index, one in enumerate(tools(asked)):
        schema = one["inputSchema"]["json"]
        if schema.get("type") != "object":
            yield (
                f"The value at toolConfig.tools.{index}.toolSpec.inputSchema.json.type must be one of the following: "
                "object."
            )
        if {"oneOf", "allOf", "anyOf"} & set(schema):
            yield (
                f"The model returned the following errors: tools.{index}.custom.input_schema: input_schema does not "
                "support oneOf, allOf, or anyOf at the top level"
            )


def _inference(asked: Asked) -> Body:
    return asked.body.get("inferenceConfig") or {}


def _ranges(asked: Asked) -> Iterator[str]:
    for name in ("temperature", "topP"):
        if not number_between(0, 1, _inference(asked).get(name)):
            yield (
                f"1 validation error detected: Value at 'inferenceConfig.{name}' failed to satisfy constraint: Member "
                "must have value less than or equal to 1"
            )


def _refused(asked: Asked) -> Iterator[str]:
    for name in sorted(asked.model.refuses & set(_inference(asked))):
        yield f"The model returned the following errors: `{name}` is deprecated for this model."


def _exclusive(asked: Asked) -> Iterator[str]:
    if asked.model.exclusive and {"temperature", "topP"} <= set(_inference(asked)):
        yield (
            "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this "
            "model. Please use only one."
        )


def _length(asked: Asked) -> Iterator[str]:
    most = _inference(asked).get("maxTokens")
    if most is not None and not 1 <= most <= asked.model.longest:
        yield (
            f"The maximum tokens you requested exceeds the model limit of {asked.model.longest}. Try again with a "
            "maximum tokens value that is lower."
        )


def _own(asked: Asked) -> Body:
    return asked.body.get("additionalModelRequestFields") or {}


def _ways(asked: Asked) -> Iterator[str]:
    own, known = _own(asked), asked.model.thinking
    for name in set(own) - ({"reasoningConfig"} if "reasoningConfig" in known else {"thinking", "output_config"}):
        yield f"The model returned the following errors: {name}: Extra inputs are not permitted"
    yield from thinking_rules.ways(asked.model, own, _inference(asked).get("maxTokens"))
    reasoning = own.get("reasoningConfig") or {}
    if reasoning.get("type") == "enabled" and reasoning.get("maxReasoningEffort") not in ("low", "medium", "high"):
        yield "The model returned the following errors: reasoningConfig.maxReasoningEffort: Invalid value"


def _beside_thoughts(asked: Asked) -> Iterator[str]:
    sent = set(_inference(asked))
    forced = bool({"any", "tool"} & set((asked.body.get("toolConfig") or {}).get("toolChoice") or {}))
    yield from thinking_rules.beside(_own(asked), sorted({"temperature", "topP"} & sent), forced)
    if (_own(asked).get("reasoningConfig") or {}).get("maxReasoningEffort") == "high":
        for name in sorted({"temperature", "topP", "maxTokens"} & sent):
            yield f"The model returned the following errors: {name} cannot be set when maxReasoningEffort is high"


def _thoughts_first(asked: Asked) -> Iterable[str]:
    kinds = {"toolResult": "result", "reasoningContent": "thinking"}
    said = [[kinds.get(next(iter(one)), "other") for one in message["content"]] for message in asked.body["messages"]]
    return thinking_rules.first(_own(asked), said)


def _stops(asked: Asked) -> Iterator[str]:
    if not all(stop.strip() for stop in _inference(asked).get("stopSequences") or ()):
        yield "The model returned the following errors: stop_sequences: each stop sequence must contain non-whitespace"


def _forced(asked: Asked) -> Iterator[str]:
    choice = (asked.body.get("toolConfig") or {}).get("toolChoice") or {}
    if asked.model.thinks and {"any", "tool"} & set(choice):
        yield "The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use."


def _media(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        if "image" in block:
            kind, data = f"image/{block['image']['format']}", block["image"]["source"]["bytes"]
            if kind != (seen := image_kind(base64.b64decode(data))):
                yield (
                    f"The model returned the following errors: {at}: The image was specified using the {kind} media "
                    f"type, but the image appears to be a {seen} image"
                )


DOCUMENTS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""Media types of the formats that the conversations have."""


def _documents(asked: Asked) -> Iterator[str]:
    names: set[str] = set()
    for message in asked.body["messages"]:
        named = [block["document"]["name"] for block in message["content"] if "document" in block]
        if named and not any("text" in block for block in message["content"]):
            yield "The model returned the following errors: a text block is required when a document is included."
        for name in named:
            if not re.fullmatch(r"(?!.*\s\s)[a-zA-Z0-9\s()\[\]-]{1,200}", name):
                yield "The document name can only contain alphanumeric characters, whitespace, hyphens and brackets."
            elif name in names:
                yield f"Messages can not contain duplicate document names: {name}"
            names.add(name)


def _schema(asked: Asked) -> Iterator[str]:
    if "outputConfig" in asked.body:
        if "schema" not in asked.model.can:
            yield "This model doesn't support the outputConfig field. Remove outputConfig and try again."
        schema = json.loads(asked.body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])
        yield from limited(schema)


def _thoughts(asked: Asked) -> Iterator[str]:
    for at, block in blocks(asked):
        if "reasoningContent" in block:
            thought = block["reasoningContent"]["reasoningText"]
            if asked.signed.get(thought.get("signature")) != thought["text"]:
                yield f"The model returned the following errors: {at}: Invalid `signature` in `thinking` block"


RULES = (
    Rule("the service's own shape", API, _shaped),
    Rule("something said", "https://github.com/langchain-ai/langchain-aws/issues/247", _said),
    Rule("roles in turn, users first and last", f"{DOCS}/userguide/conversation-inference-call.html", _turns),
    Rule("texts that are not blank", "https://github.com/zed-industries/zed/issues/29853", _texts),
    Rule("instructions that are not blank", "https://github.com/zed-industries/zed/issues/29853", _system),
    Rule("results for calls", f"{DOCS}/userguide/tool-use-inference-call.html", _results),
    Rule("ids of at most 64 letters and digits", f"{DOCS}/APIReference/API_runtime_ToolUseBlock.html", _ids),
    Rule("ids of their own", f"{DOCS}/APIReference/API_runtime_ToolUseBlock.html", _distinct_ids),
    Rule("names of tools", f"{DOCS}/APIReference/API_runtime_ToolSpecification.html", _names),
    Rule("tools of their own names", f"{DOCS}/APIReference/API_runtime_ToolSpecification.html", _distinct_tools),
    Rule("called tools are declared", "https://github.com/langchain-ai/langchain-aws/issues/158", _declared),
    Rule("schemas of inputs", f"{DOCS}/APIReference/API_runtime_ToolInputSchema.html", _inputs),
    Rule("numbers in range", f"{DOCS}/APIReference/API_runtime_InferenceConfiguration.html", _ranges),
    Rule("parameters of the model", "https://platform.claude.com/docs/en/models/sonnet-5/overview", _refused),
    Rule("temperature or topP", "https://github.com/aws-samples/bedrock-access-gateway/issues/191", _exclusive),
    Rule("as many tokens as the model gives", f"{DOCS}/APIReference/API_runtime_InferenceConfiguration.html", _length),
    Rule("stops that are not blank", "https://github.com/BerriAI/litellm/issues/3286", _stops),
    Rule("no forced tool while it thinks", "https://platform.claude.com/docs/en/models/sonnet-5-5/overview", _forced),
    Rule("ways to think that the model has", f"{DOCS}/userguide/claude-messages-adaptive-thinking.html", _ways),
    Rule(
        "thoughts beside nothing else",
        "https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html",
        _beside_thoughts,
    ),
    Rule("thoughts before calls", f"{DOCS}/userguide/claude-messages-extended-thinking.html", _thoughts_first),
    Rule(
        "documents beside a text, by names of their own",
        f"{DOCS}/APIReference/API_runtime_DocumentBlock.html",
        _documents,
    ),
    Rule("images of the kind that is said", "https://platform.claude.com/docs/en/build-with-claude/vision", _media),
    Rule(
        "schemas that it can keep", "https://platform.claude.com/docs/en/build-with-claude/structured-outputs", _schema
    ),
    Rule("cache points of models that have caches", f"{DOCS}/userguide/prompt-caching.html", _points),
    Rule("thoughts where they belong", f"{DOCS}/APIReference/API_runtime_ReasoningTextBlock.html", _thoughts),
)
