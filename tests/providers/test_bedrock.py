"""Converse: how botocore, which has the service's own model, reads our requests and the recordings."""

import base64
import json
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from agentos.domain import Message, Parameters, Prompt
from agentos.kernel.errors import ErrorClass, UpstreamError
from tests.providers.conversations import (
    ASKED,
    BEDROCK,
    BROKEN,
    CALLS,
    DRAWING,
    HISTORY,
    RESULTS,
    TOOLS,
    answered,
    asking,
    encoded,
    result,
    with_tools,
)
from tests.providers.recordings import Wire, all_cases, prompt, provider_of, recording
from tests.providers.test_encode import EVERYTHING, IMAGES, SCHEMA, TALK

SERVICE = botocore.session.get_session().get_service_model("bedrock-runtime")
CONVERSE = SERVICE.operation_model("Converse")
PROTOCOL = SERVICE.metadata["protocol"]
CASES = [case for case in all_cases() if provider_of(case) == "bedrock"]
MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
PICTURED = Message(role="user", content=(DRAWING,))


def botocore_reads(case: str) -> Any:
    recorded = recording(case)
    reply = {"status_code": recorded.status, "headers": recorded.headers, "body": recorded.content}
    return create_parser(PROTOCOL).parse(reply, CONVERSE.output_shape)


@pytest.mark.parametrize("case", [case for case in CASES if recording(case).status == 200])
def test_botocore_reads_an_answer_whole(case: str) -> None:
    theirs, body = botocore_reads(case), recording(case).body
    assert set(theirs) - {"ResponseMetadata"} == set(body) <= set(CONVERSE.output_shape.members)
    assert theirs["stopReason"] in SERVICE.shape_for("StopReason").enum
    assert theirs["usage"] == body["usage"]
    kinds = [list(block) for block in theirs["output"]["message"]["content"]]
    assert kinds == [list(block) for block in body["output"]["message"]["content"]]


@pytest.mark.parametrize("case", ["tool_call", "tool_calls_parallel", "answer_thought_and_cached"])
def test_we_read_the_same_answer_as_botocore(case: str, wire: Wire) -> None:
    ours = answered(wire, BEDROCK, recording(f"bedrock/{case}").content)
    content = botocore_reads(f"bedrock/{case}")["output"]["message"]["content"]
    assert ours.text == "".join(block.get("text", "") for block in content)
    assert [{"toolUseId": call.id, "name": call.name, "input": call.arguments} for call in ours.tool_calls] == [
        block["toolUse"] for block in content if "toolUse" in block
    ]


def test_the_errors_are_those_of_the_service() -> None:
    documented = {shape.name for shape in CONVERSE.error_shapes}
    codes = {
        botocore_reads(case)["Error"]["Code"]: recording(case).status for case in CASES if recording(case).status != 200
    }
    assert set(codes) - documented == {"UnrecognizedClientException", "ServiceQuotaExceededException"}
    assert documented <= set(codes)
    for shape in CONVERSE.error_shapes:
        assert codes[shape.name] == shape.metadata["error"]["httpStatusCode"], shape.name


@pytest.mark.parametrize("asked", [
    prompt(),
    Prompt(messages=(*TALK, Message(role="system", content="x")), instructions="Be kind.", parameters=EVERYTHING),
    Prompt(messages=(PICTURED,), parameters=Parameters(response_format={"type": "json_object"})),
    Prompt(messages=(*HISTORY, ASKED, asking(BROKEN, content="Now."), result(BROKEN, "")), tools=TOOLS),
    Prompt(messages=HISTORY),
])  # fmt: skip
def test_requests_equal_those_of_botocore(asked: Prompt, wire: Wire) -> None:
    ours = encoded(wire, BEDROCK, asked)
    wishes = json.loads(json.dumps(ours), object_hook=_read)
    report = ParamValidator().validate({"modelId": MODEL, **wishes}, CONVERSE.input_shape)
    assert not report.has_errors(), report.generate_report()
    theirs = create_serializer(PROTOCOL).serialize_to_request({"modelId": MODEL, **wishes}, CONVERSE)
    assert json.loads(theirs["body"]) == ours
    assert wire.sent.url.raw_path.decode() == theirs["url_path"]


def _read(value: dict[str, Any]) -> dict[str, Any]:
    """Bytes travel as base64."""
    return {name: base64.b64decode(one) if name == "bytes" else one for name, one in value.items()}


def test_the_request_is_signed_as_botocore_signs_it(wire: Wire) -> None:
    encoded(wire, BEDROCK, prompt())
    sent = wire.sent
    assert sent.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=test/")
    assert "/eu-west-1/bedrock/aws4_request" in sent.headers["authorization"]
    names = sent.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert names == ["content-type", "host", "x-amz-date"]
    again = AWSRequest("POST", str(sent.url), {name: sent.headers[name] for name in names}, sent.content)
    again.context["timestamp"] = sent.headers["x-amz-date"]
    signer = SigV4Auth(Credentials("test", "test"), "bedrock", "eu-west-1")
    canonical = signer.canonical_request(again)
    signature = signer.signature(signer.string_to_sign(again, canonical), again)
    assert sent.headers["authorization"].endswith(f"Signature={signature}")
    assert urlsplit(str(sent.url)).netloc == sent.headers["host"]


def test_parameters_system_and_schema_have_converses_form(wire: Wire) -> None:
    body = encoded(wire, BEDROCK, Prompt(messages=(ASKED,), instructions="Be kind.", parameters=EVERYTHING))
    assert body["system"] == [{"text": "Be kind."}]
    assert body["inferenceConfig"] == {"maxTokens": 64, "temperature": 0, "stopSequences": ["END"]}
    output = body["outputConfig"]["textFormat"]
    assert json.loads(output["structure"]["jsonSchema"]["schema"]) == {**SCHEMA, "additionalProperties": False}
    assert set(encoded(wire, BEDROCK, prompt())) == {"messages"}


def test_results_are_sent_in_the_order_of_the_calls_with_text_after_them(wire: Wire) -> None:
    messages = encoded(wire, BEDROCK, with_tools(ASKED, asking(*CALLS), *RESULTS, ASKED))["messages"]
    blocks = messages[2]["content"]
    assert [block["toolResult"]["toolUseId"] for block in blocks[:-1]] == [call.id for call in CALLS]
    assert blocks[-1] == messages[0]["content"][0]


def test_tools_that_only_the_history_names_are_declared_too(wire: Wire) -> None:
    specs = encoded(wire, BEDROCK, Prompt(messages=HISTORY))["toolConfig"]["tools"]
    assert [spec["toolSpec"]["name"] for spec in specs] == ["get_weather", "now"]


def test_an_image_by_its_address_is_refused_before_a_request_is_sent(wire: Wire) -> None:
    with pytest.raises(UpstreamError) as caught:
        wire.ask(BEDROCK, Prompt(messages=(IMAGES,)))
    assert caught.value.error_class is ErrorClass.REJECTED
    assert not wire.requests


def test_reasoning_is_sent_back_unchanged_unless_anything_before_it_has_changed(wire: Wire) -> None:
    wire.reply(recording("bedrock/tool_calls_parallel").content)
    calls = wire.ask(BEDROCK, with_tools(ASKED)).tool_calls
    history = with_tools(ASKED, asking(*calls, content="I look that up."), *map(result, calls))
    sent = encoded(wire, BEDROCK, history)["messages"][1]
    assert sent == recording("bedrock/tool_calls_parallel").body["output"]["message"]
    changed = encoded(wire, BEDROCK, history.model_copy(update={"instructions": "Be kind."}))["messages"][1]
    assert [list(block) for block in changed["content"]] == [["text"], ["toolUse"], ["toolUse"]]
