"""Amazon Bedrock's Converse, played strictly.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, …_ConverseStream.html
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import ServiceModel, Shape
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.conversations.brain import Answer, Call, Heard, Image, Item, Offered, Result, Utterance, json_of, utterances
from tests.conversations.fronts.front import MODEL, Front, Request, Sent, answered, demand

OPERATIONS = {f"/model/{MODEL}/converse": "Converse", f"/model/{MODEL}/converse-stream": "ConverseStream"}
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
REASONS = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refused": "content_filtered",
}
REGION, ACCESS_KEY, SECRET = "eu-west-1", "test", "test"
Body = dict[str, Any]


class BedrockFront(Front):
    provider, path = "bedrock", ""
    streamed_type = "application/vnd.amazon.eventstream"

    @property
    def environment(self) -> dict[str, str]:
        """No key: the process's own AWS credentials sign."""
        return {
            "BEDROCK_ENDPOINT": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def heard(self, request: Request) -> Heard:
        demand(request.path in OPERATIONS, f"there is no {request.path}")
        _check_signature(self.url, request)
        body = request.json
        _check_shape(OPERATIONS[request.path], {**body, "modelId": MODEL})
        how = body.get("inferenceConfig", {})
        texts = [block["text"] for block in body.get("system", ())]
        demand(all(text.strip() for text in texts), "The text field in the SystemContentBlock object is blank.")
        tools = tuple(_offered(tool["toolSpec"]) for tool in body.get("toolConfig", {}).get("tools", ()))
        said = _conversation(body["messages"])
        used = {item.name for one in said for item in one.items if isinstance(item, Call)}
        demand(used <= {tool.name for tool in tools}, "The toolConfig field must be defined when using toolUse")
        return Heard(
            system="\n\n".join(texts),
            said=said,
            tools=tools,
            temperature=how.get("temperature"),
            top_p=how.get("topP"),
            max_tokens=how.get("maxTokens"),
            stop=tuple(how.get("stopSequences", ())),
            schema=_schema(body.get("outputConfig")),
            streamed=OPERATIONS[request.path] == "ConverseStream",
        )

    def whole(self, answer: Answer) -> Sent:
        content: list[Body] = [{"text": answer.text}] if answer.text else []
        content += [
            {"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}} for call in answer.calls
        ]
        body = {
            "metrics": {"latencyMs": 1},
            "output": {"message": {"content": content, "role": "assistant"}},
            "stopReason": REASONS[answer.finish],
            "usage": _usage(answer),
        }
        return Sent(json_of(body).encode(), headers={"x-amzn-requestid": "request-1"})

    def events(self, answer: Answer) -> Iterator[bytes]:
        """A block of text begins with its first piece, a call with an event of its own."""
        yield frame("messageStart", {"role": "assistant"})
        blocks: list[tuple[Body | None, list[Body]]] = []
        if answer.text:
            blocks.append((None, [{"text": piece} for piece in self.brain.pieces(answer.text)]))
        for call in answer.calls:
            start = {"toolUse": {"toolUseId": call.id, "name": call.name}}
            pieces = self.brain.pieces(json_of(call.arguments))
            blocks.append((start, [{"toolUse": {"input": piece}} for piece in pieces]))
        for index, (begun, deltas) in enumerate(blocks):
            if begun:
                yield frame("contentBlockStart", {"contentBlockIndex": index, "start": begun})
            for delta in deltas:
                yield frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
            yield frame("contentBlockStop", {"contentBlockIndex": index})
        yield frame("messageStop", {"stopReason": REASONS[answer.finish]})
        yield frame("metadata", {"metrics": {"latencyMs": 1}, "usage": _usage(answer)})

    def refusal(self, why: str) -> Sent:
        kind = "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"
        return Sent(json_of({"message": why}).encode(), status=400, headers={"x-amzn-errortype": kind})


@cache
def _service() -> ServiceModel:
    return get_session().get_service_model("bedrock-runtime")


def _check_shape(operation: str, parameters: Body) -> None:
    """Raises Invalid for what the service's own model does not know, enumerations among it."""
    shape: Any = _service().operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    demand(not report.has_errors(), report.generate_report())
    _check_words(parameters, shape)


def _check_words(value: Any, shape: Shape) -> None:
    """botocore leaves it to the service whether a word is one of an enumeration's."""
    known: Any = shape
    if known.type_name == "structure" and not getattr(known, "is_document_type", False):
        for name, one in value.items():
            _check_words(one, known.members[name])
    elif known.type_name == "list":
        for one in value:
            _check_words(one, known.member)
    elif getattr(known, "enum", None):
        demand(value in known.enum, f"{value!r} is none of {known.enum}")


def _check_signature(url: str, request: Request) -> None:
    """Signed again with the same secret, date and headers, it is the same."""
    given = request.headers.get("authorization", "")
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=[^,]+, SignedHeaders=([^,]+), Signature=\w{64}", given)
    demand(found, "no signature of version 4")
    assert found
    signed = {name: request.headers.get(name, "") for name in found[1].split(";")}
    demand({"host", "x-amz-date"} <= set(signed), "host and date are not signed")
    again = AWSRequest("POST", url + request.path, signed, request.body)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "bedrock", REGION)
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    demand(given.endswith(f"Signature={signature}"), "the signature is another's")


def _conversation(messages: list[Body]) -> tuple[Utterance, ...]:
    roles = [message["role"] for message in messages]
    demand(messages and roles[0] == "user", "A conversation must start with a user message.")
    demand(roles[-1] == "user", "The conversation must end with a user message.")
    alternate = all(one != other for one, other in pairwise(roles))
    demand(alternate, "A conversation must alternate between user and assistant roles.")
    calls: list[str] = []
    said: list[Utterance] = []
    for message in messages:
        blocks = message["content"]
        demand(blocks, "The content field in the Message object is empty.")
        answered(calls, (block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block), in_order=True)
        calls = [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block]
        demand(all(ID.fullmatch(one) for one in calls), "toolUseId is not of the pattern")
        said.append(Utterance(message["role"], tuple(map(_item, blocks))))
    return utterances(said)


def _item(block: Body) -> Item:
    [(kind, what)] = block.items()
    match kind:
        case "text":
            demand(what.strip(), "The text field in the ContentBlock object is blank.")
            return str(what)
        case "image":
            return Image(f"image/{what['format']}", base64.b64decode(what["source"]["bytes"], validate=True))
        case "toolUse":
            demand(isinstance(what["input"], dict), "toolUse.input is no object")
            return Call(what["toolUseId"], what["name"], what["input"])
    demand(kind == "toolResult", f"nobody sends a block of {kind}")
    texts = []
    for one in what["content"]:
        demand(one.get("text", "x").strip(), "The text field in the ContentBlock object is blank.")
        # A blank text is refused, so that an empty object is all that can say "nothing".
        texts.append(one["text"] if "text" in one else json.dumps(one["json"]) if one["json"] else "")
    return Result.of(what["toolUseId"], "".join(texts))


def _offered(spec: Body) -> Offered:
    return Offered(spec["name"], spec.get("description", ""), spec["inputSchema"]["json"])


def _schema(config: Body | None) -> Body | None:
    """It comes as JSON text."""
    return None if config is None else dict(json.loads(config["textFormat"]["structure"]["jsonSchema"]["schema"]))


def _usage(answer: Answer) -> Body:
    """`inputTokens` leaves out what was read from the cache."""
    return {
        "inputTokens": answer.prompt - answer.cached,
        "outputTokens": answer.completion,
        "totalTokens": answer.prompt + answer.completion,
        "cacheReadInputTokens": answer.cached,
        "cacheWriteInputTokens": 0,
    }


def frame(kind: str, what: Body) -> bytes:
    """One message of https://smithy.io/2.0/aws/amazon-eventstream.html, padded as the service pads it."""
    payload = json_of({**what, "p": "abcdefghijklmnop"}).encode()
    names = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for name, value in names.items()
    )
    lengths = struct.pack(">II", 4 * 4 + len(headers) + len(payload), len(headers))
    message = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))
