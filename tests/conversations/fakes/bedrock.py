"""Amazon Bedrock's Converse, played strictly; its rules are in `bedrock_rules`.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, …_ConverseStream.html
"""

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conversations.fakes.bedrock_rules import DOCUMENTS, RULES, tools
from tests.conversations.fakes.model import (
    Answer,
    Call,
    File,
    Image,
    Item,
    Offered,
    Received,
    Result,
    Utterance,
    json_of,
    utterances,
)
from tests.conversations.fakes.provider import MODEL, FakeProvider, Request, Sent
from tests.conversations.fakes.rules import Asked, Body, Refused, Traits, require, signature_of

PATH = re.compile(r"/model/([^/]+)/(converse|converse-stream)")
REASONS = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refused": "content_filtered",
}
REGION, ACCESS_KEY, SECRET = "eu-west-1", "test", "test"
KINDS = {400: "ValidationException", 403: "AccessDeniedException", 404: "ResourceNotFoundException"}


class Bedrock(FakeProvider):
    name, path = "bedrock", ""
    streamed_type = "application/vnd.amazon.eventstream"
    rules = RULES
    media = frozenset(DOCUMENTS.values())
    models = {
        MODEL: Traits(),
        "global.anthropic.claude-haiku-4-5-20251001-v1:0": Traits(
            exclusive=True, efforts=frozenset(), thinking=frozenset({"enabled", "disabled"}), caches=True
        ),
        "global.anthropic.claude-sonnet-5-5": Traits(
            frozenset({"temperature", "topP"}),
            thinks=True,
            longest=128_000,
            efforts=frozenset({"low", "medium", "high", "xhigh", "max"}),
            thinking=frozenset({"adaptive", "between_tools"}),
            caches=True,
        ),
        # 65,535 is what gateways list (truefoundry/models #622)
        "us.amazon.nova-2-lite-v1:0": Traits(
            can=frozenset({"tools", "images"}), longest=65_535, thinking=frozenset({"reasoningConfig"})
        ),
    }

    @property
    def environment(self) -> dict[str, str]:
        """No key: the process's own AWS credentials sign."""
        return {
            "BEDROCK_ENDPOINT": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def asked(self, request: Request) -> Asked:
        found = PATH.fullmatch(request.path)
        if not found or unquote(found[1]) not in self.models:
            raise Refused("The provided model identifier is invalid.")
        _check_signature(self.url, request)
        self._model = unquote(found[1])
        return Asked(request.json, self.models[self._model], found[2] == "converse-stream", self.signed)

    def received(self, asked: Asked) -> Received:
        body, how = asked.body, asked.body.get("inferenceConfig") or {}
        return Received(
            system="\n\n".join(block["text"] for block in body.get("system") or () if "text" in block),
            said=_conversation(body["messages"]),
            tools=tuple(map(_offered, tools(asked))),
            temperature=how.get("temperature"),
            top_p=how.get("topP"),
            max_tokens=how.get("maxTokens"),
            stop=tuple(how.get("stopSequences") or ()),
            schema=_schema(body.get("outputConfig")),
            streamed=asked.streamed,
        )

    def _thoughts(self, answer: Answer) -> list[Body]:
        if not (self.models[self._model].thinks and answer.calls):
            return []
        words = signature_of(self.name, answer.calls[0].name, answer.calls[0].arguments)
        signature = base64.b64encode(words.encode()).decode()
        self.signed[signature] = words
        return [{"text": words, "signature": signature}]

    def whole(self, answer: Answer) -> Sent:
        content: list[Body] = [{"reasoningContent": {"reasoningText": one}} for one in self._thoughts(answer)]
        content += [{"text": answer.text}] if answer.text else []
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
        for thought in self._thoughts(answer):
            deltas = [{"text": piece} for piece in self.model.pieces(thought["text"])]
            deltas.append({"signature": thought["signature"]})
            blocks.append((None, [{"reasoningContent": delta} for delta in deltas]))
        if answer.text:
            blocks.append((None, [{"text": piece} for piece in self.model.pieces(answer.text)]))
        for call in answer.calls:
            start = {"toolUse": {"toolUseId": call.id, "name": call.name}}
            pieces = self.model.pieces(json_of(call.arguments))
            blocks.append((start, [{"toolUse": {"input": piece}} for piece in pieces]))
        for index, (begun, deltas) in enumerate(blocks):
            if begun:
                yield frame("contentBlockStart", {"contentBlockIndex": index, "start": begun})
            for delta in deltas:
                yield frame("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
            yield frame("contentBlockStop", {"contentBlockIndex": index})
        yield frame("messageStop", {"stopReason": REASONS[answer.finish]})
        yield frame("metadata", {"metrics": {"latencyMs": 1}, "usage": _usage(answer)})

    def refusal(self, refused: Refused) -> Sent:
        kind = f"{KINDS[refused.status]}:http://internal.amazon.com/coral/com.amazon.bedrock/"
        return Sent(
            json_of({"message": refused.words}).encode(), status=refused.status, headers={"x-amzn-errortype": kind}
        )


def _check_signature(url: str, request: Request) -> None:
    """Signed again with the same secret, date and headers, it is the same."""
    given = request.headers.get("authorization", "")
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=[^,]+, SignedHeaders=([^,]+), Signature=\w{64}", given)
    require(found, "no signature of version 4")
    assert found
    signed = {name: request.headers.get(name, "") for name in found[1].split(";")}
    require({"host", "x-amz-date"} <= set(signed), "host and date are not signed")
    again = AWSRequest("POST", url + request.path, signed, request.body)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "bedrock", REGION)
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    require(given.endswith(f"Signature={signature}"), "the signature is another's")


UNSAID = {"reasoningContent", "cachePoint"}


def _conversation(messages: list[Body]) -> tuple[Utterance, ...]:
    return utterances(
        [
            Utterance(
                one["role"],
                tuple(_item(block) for block in one["content"] if not UNSAID & set(block)),
            )
            for one in messages
        ]
    )


def _item(block: Body) -> Item:
    [(kind, what)] = block.items()
    match kind:
        case "text":
            return str(what)
        case "image":
            return Image(f"image/{what['format']}", base64.b64decode(what["source"]["bytes"], validate=True))
        case "document":
            return File(DOCUMENTS[what["format"]], base64.b64decode(what["source"]["bytes"], validate=True))
        case "audio":
            return File(f"audio/{what['format']}", base64.b64decode(what["source"]["bytes"], validate=True))
        case "toolUse":
            return Call(what["toolUseId"], what["name"], what["input"])
    require(kind == "toolResult", f"nobody sends a block of {kind}")
    # A blank text is refused, so that an empty object is all that can say "nothing".
    texts = [
        one["text"] if "text" in one else json.dumps(one["json"]) if one["json"] else "" for one in what["content"]
    ]
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
