"""Streamed and whole answers as AWS's emulator of Lambda takes them, through the layer's wrapper."""

import base64
import json
from typing import Any

import pytest

from tests.lambda_streaming.handlers.app import OK
from tests.lambda_streaming.running import Emulator, Image, emulated

PIECES = ["data: a\n\n", "", "data: ünï 🙂\n\n", "\0" * 8, "data: [DONE]\n\n"]


def test_pieces_come_whole_and_in_order_behind_the_head(function: Emulator) -> None:
    head = {"statusCode": 201, "headers": {"content-type": "text/event-stream"}, "multiValueHeaders": {"x": ["1", "2"]}}
    answer = function.answer({"do": "stream", "head": head, "pieces": PIECES, "returned": "nobody wants it"})
    assert answer == (head, "".join(PIECES).encode())


def test_a_response_may_have_no_body(function: Emulator) -> None:
    assert function.answer({"do": "stream", "pieces": []}) == (OK, b"")


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"body": "ünï 🙂"}, "ünï 🙂".encode()),
        ({"body": "ünï", "isBase64Encoded": False}, "ünï".encode()),
        ({"body": base64.b64encode(bytes(range(256))).decode(), "isBase64Encoded": True}, bytes(range(256))),
        ({"body": ""}, b""),
        ({"body": None}, b""),
        ({}, b""),
    ],
)
def test_a_proxy_result_is_sent_in_the_same_form(function: Emulator, fields: dict[str, Any], body: bytes) -> None:
    head = {"statusCode": 404, "headers": {"a": "b"}, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}
    assert function.answer({"do": "plain", "result": {**head, **fields}}) == (head, body)


@pytest.mark.parametrize(
    "result",
    [None, "text", ["list"], {"body": 1}, {"body": "not base64", "isBase64Encoded": True}, {"body": "\ud800"}],
    ids=["none", "text", "list", "number", "base64", "half a character"],
)
def test_what_is_no_proxy_result_is_an_error(function: Emulator, result: Any) -> None:
    assert function.document({"do": "plain", "result": result})["errorType"] == "Runtime.MarshalError"


def test_a_head_that_cannot_be_serialized_is_an_error(function: Emulator) -> None:
    error = function.document({"do": "unmarshalable"})
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type object is not JSON serializable"


def test_an_error_before_the_response_is_the_answer(function: Emulator) -> None:
    error = function.document({"do": "fail", "message": "spoilt 🙂 \ud800"})
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "spoilt 🙂 \ud800")
    assert [entry.strip().splitlines()[-1].strip() for entry in error["stackTrace"]] == [
        'return globals()[event["do"]](event, context)',
        'raise ValueError(event["message"])',
    ]


@pytest.mark.parametrize(
    ("depth", "message"), [(0, "spoilt"), (200, "spoilt"), (200, "spoilt " * 2000), (0, "🙂" * 2000)]
)
def test_an_error_after_the_first_piece_ends_the_response(function: Emulator, depth: int, message: str) -> None:
    """The emulator, a Go program as Lambda's own, breaks off where trailers are larger than it can read."""
    event = {"do": "fail_midway", "pieces": ["one", "two"], "depth": depth, "message": message}
    assert function.answer(event) == (OK, b"onetwo")
    assert "is dropped" not in function.log.read_text()


def test_a_response_begins_once(function: Emulator) -> None:
    assert function.answer({"do": "open_twice"}) == (OK, b"")
    assert "[ERROR] RuntimeError: the response has started already" in function.log.read_text()


def test_one_process_serves_all_events_whatever_fails(ours: Image) -> None:
    with emulated(ours) as function:
        for event in ({"do": "fail", "message": "a"}, {"do": "stream", "pieces": ["x"]}, {"do": "plain", "result": OK}):
            function.invoke(event)
            assert function.answer({"do": "stream", "pieces": ["still"]}) == (OK, b"still")
            function.invoke({"do": "fail_midway", "pieces": [], "depth": 0, "message": "b"})
            assert function.answer({"do": "plain", "result": {**OK, "body": "here"}}) == (OK, b"here")
        assert function.log.read_text().count("INIT START") == 1


def test_a_process_that_ends_is_started_again(function: Emulator) -> None:
    assert function.document({"do": "exit", "code": 3})["errorType"] == "Runtime.ExitError"
    assert function.answer({"do": "stream", "pieces": ["again"]}) == (OK, b"again")


def test_the_deadline_is_the_functions_timeout(ours: Image) -> None:
    with emulated(ours, AWS_LAMBDA_FUNCTION_TIMEOUT="77") as function:
        _, body = function.answer({"do": "describe"})
    assert 0 < json.loads(body)["remaining"] <= 77_000
